-- The operational database as step 0018 left it.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "alembic_version" VALUES('0018');
CREATE TABLE answered_requests (
	caller TEXT NOT NULL, 
	said TEXT NOT NULL, 
	asked BLOB NOT NULL, 
	at BIGINT NOT NULL, 
	answer TEXT NOT NULL, 
	PRIMARY KEY (caller, said)
);
CREATE TABLE api_keys (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	hash BLOB NOT NULL, 
	beginning TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	source_id TEXT, 
	made_at BIGINT NOT NULL, 
	revoked_at BIGINT, 
	person INTEGER, 
	UNIQUE (hash)
);
CREATE TABLE audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	way TEXT NOT NULL, 
	what TEXT NOT NULL, 
	pseudonym BLOB, 
	detail TEXT NOT NULL, 
	hash BLOB NOT NULL
);
CREATE TABLE comments (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	map_key TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	place TEXT NOT NULL, 
	called TEXT NOT NULL, 
	answers INTEGER, 
	person INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	resolved_at BIGINT, 
	resolved_by INTEGER, 
	removed_at BIGINT, 
	FOREIGN KEY(answers) REFERENCES comments (id), 
	FOREIGN KEY(person) REFERENCES people (id), 
	FOREIGN KEY(resolved_by) REFERENCES people (id)
);
CREATE TABLE composed_reports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	person INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	changed_at BIGINT NOT NULL, 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE consents (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	commitment BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	pseudonym BLOB, 
	about TEXT, 
	what TEXT, 
	at BIGINT, 
	recorded_at BIGINT, 
	wording TEXT, 
	source TEXT, 
	page TEXT, 
	page_digest BLOB, 
	address TEXT, 
	who TEXT, 
	answers INTEGER, 
	message BLOB, 
	UNIQUE (answers), 
	UNIQUE (message)
);
CREATE TABLE consumed (
	source_id TEXT NOT NULL, 
	arrival BIGINT NOT NULL, 
	PRIMARY KEY (source_id)
);
CREATE TABLE day_notes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	map_key TEXT NOT NULL, 
	first TEXT NOT NULL, 
	last TEXT NOT NULL, 
	text TEXT NOT NULL, 
	person INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	changed_at BIGINT, 
	changed_by INTEGER, 
	FOREIGN KEY(person) REFERENCES people (id), 
	FOREIGN KEY(changed_by) REFERENCES people (id)
);
CREATE TABLE decisions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	what TEXT NOT NULL, 
	one_kind TEXT NOT NULL, 
	one_value TEXT NOT NULL, 
	other_kind TEXT NOT NULL, 
	other_value TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	why TEXT NOT NULL
);
CREATE TABLE dismissed_drafts (
	map TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (map)
);
CREATE TABLE draft_steps (
	person INTEGER NOT NULL, 
	file TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	base TEXT NOT NULL, 
	text TEXT NOT NULL, 
	about TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	undone INTEGER NOT NULL, 
	PRIMARY KEY (person, file, number), 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE erased_identifiers (
	hash BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (hash)
);
CREATE TABLE erasures (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	rows TEXT NOT NULL, 
	state TEXT NOT NULL
);
CREATE TABLE failed_attempts (
	id INTEGER NOT NULL, 
	name BLOB NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE file_loads (
	file_id INTEGER NOT NULL, 
	load_id INTEGER NOT NULL, 
	rows BIGINT NOT NULL, 
	PRIMARY KEY (file_id, load_id), 
	FOREIGN KEY(file_id) REFERENCES files (id) ON DELETE CASCADE, 
	FOREIGN KEY(load_id) REFERENCES loads (id)
);
CREATE TABLE files (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	rows BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	run TEXT, 
	UNIQUE (kind, name)
);
CREATE TABLE generations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	published_at BIGINT NOT NULL, 
	events BIGINT NOT NULL, 
	customers BIGINT NOT NULL
);
CREATE TABLE hash_runs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	load_id INTEGER, 
	hashes BIGINT NOT NULL, 
	UNIQUE (name), 
	FOREIGN KEY(load_id) REFERENCES loads (id)
);
CREATE TABLE invitations (
	hash BLOB NOT NULL, 
	person INTEGER NOT NULL, 
	made_at BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (hash), 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE last_visits (
	person INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	seen TEXT NOT NULL, 
	before_at BIGINT, 
	"before" TEXT, 
	PRIMARY KEY (person), 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE lease (
	id INTEGER NOT NULL, 
	token BIGINT NOT NULL, 
	held INTEGER NOT NULL, 
	pid INTEGER NOT NULL, 
	host TEXT NOT NULL, 
	process_start TEXT NOT NULL, 
	taken_at BIGINT NOT NULL, 
	renewed_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE likely_pairs (
	one BLOB NOT NULL, 
	other BLOB NOT NULL, 
	probability FLOAT NOT NULL, 
	compared TEXT NOT NULL, 
	known BLOB NOT NULL, 
	found_at BIGINT NOT NULL, 
	PRIMARY KEY (one, other)
);
CREATE TABLE loads (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source_id TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	state TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	rows_read BIGINT NOT NULL, 
	rows_in BIGINT NOT NULL, 
	good BIGINT NOT NULL, 
	rejected BIGINT NOT NULL, 
	duplicate BIGINT NOT NULL, 
	complete_until BIGINT, 
	newest BIGINT, 
	erased_good BIGINT DEFAULT '0' NOT NULL, 
	erased_rejected BIGINT DEFAULT '0' NOT NULL
);
CREATE TABLE map_columns (
	generation INTEGER NOT NULL, 
	map_key TEXT NOT NULL, 
	map_hash TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	PRIMARY KEY (generation, map_key), 
	FOREIGN KEY(generation) REFERENCES generations (id) ON DELETE CASCADE
);
CREATE TABLE map_versions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	map_key TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	text TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL
);
CREATE TABLE news (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind TEXT NOT NULL, 
	map TEXT NOT NULL, 
	thing TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	began_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	over TEXT
);
CREATE TABLE owners (
	owner TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	PRIMARY KEY (owner, recipient)
);
CREATE TABLE people (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	email TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	password_hash TEXT, 
	made_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	factor BLOB, 
	factor_since BIGINT, 
	factor_step BIGINT, 
	issuer TEXT, 
	subject TEXT, 
	emergency_since BIGINT, 
	UNIQUE (email)
);
CREATE TABLE pseudonyms (
	pseudonym BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	value TEXT NOT NULL, 
	"key" BLOB NOT NULL, 
	PRIMARY KEY (pseudonym), 
	UNIQUE (kind, value)
);
CREATE TABLE recipients (
	recipient TEXT NOT NULL, 
	language TEXT NOT NULL, 
	PRIMARY KEY (recipient)
);
CREATE TABLE recovery_codes (
	hash BLOB NOT NULL, 
	person INTEGER NOT NULL, 
	PRIMARY KEY (hash), 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE report_links (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	report INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	person INTEGER NOT NULL, 
	made_at BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	ended_at BIGINT, 
	FOREIGN KEY(report) REFERENCES composed_reports (id) ON DELETE CASCADE, 
	UNIQUE (hash), 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE report_parts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	report INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	heading TEXT NOT NULL, 
	address TEXT NOT NULL, 
	text TEXT NOT NULL, 
	FOREIGN KEY(report) REFERENCES composed_reports (id) ON DELETE CASCADE
);
CREATE TABLE reviews (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	map TEXT NOT NULL, 
	day TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	version TEXT NOT NULL
);
CREATE TABLE saved_texts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	file TEXT NOT NULL, 
	text TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL
);
CREATE TABLE saved_views (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	person INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	shared INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE segment_changes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	segment TEXT NOT NULL, 
	customer BLOB NOT NULL, 
	change TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	cause TEXT NOT NULL, 
	happened_at BIGINT
);
CREATE TABLE segment_members (
	segment TEXT NOT NULL, 
	customer BLOB NOT NULL, 
	since BIGINT NOT NULL, 
	PRIMARY KEY (segment, customer)
);
CREATE TABLE segment_states (
	segment TEXT NOT NULL, 
	definition TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	counted_at BIGINT NOT NULL, 
	customers BIGINT NOT NULL, 
	PRIMARY KEY (segment)
);
CREATE TABLE sessions (
	hash BLOB NOT NULL, 
	person INTEGER NOT NULL, 
	began_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	agent TEXT NOT NULL, 
	ended_at BIGINT, 
	code_until BIGINT, 
	issuer TEXT, 
	PRIMARY KEY (hash), 
	FOREIGN KEY(person) REFERENCES people (id)
);
CREATE TABLE source_states (
	source_id TEXT NOT NULL, 
	position TEXT, 
	told_apart TEXT, 
	began_at BIGINT, 
	succeeded_at BIGINT, 
	failures INTEGER DEFAULT '0' NOT NULL, 
	error TEXT, 
	complete_until BIGINT, 
	PRIMARY KEY (source_id)
);
CREATE TABLE stopped_kinds (
	recipient TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (recipient, kind)
);
CREATE TABLE tellings (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	recipient TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	content TEXT NOT NULL, 
	made_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	tries INTEGER NOT NULL, 
	next_at BIGINT NOT NULL, 
	error TEXT NOT NULL, 
	sent_at BIGINT
);
CREATE TABLE told (
	recipient TEXT NOT NULL, 
	occasion TEXT NOT NULL, 
	telling INTEGER NOT NULL, 
	PRIMARY KEY (recipient, occasion), 
	FOREIGN KEY(telling) REFERENCES tellings (id)
);
CREATE TABLE used_sign_ins (
	hash BLOB NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (hash)
);
CREATE TABLE workspace (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	made_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "workspace" VALUES(1,X'000102030405060708090A0B0C0D0E0F',1767225600000000);
CREATE INDEX ix_loads_source_id ON loads (source_id);
CREATE INDEX ix_files_kind ON files (kind);
CREATE INDEX ix_map_versions_map_key ON map_versions (map_key);
CREATE INDEX ix_answered_requests_at ON answered_requests (at);
CREATE INDEX ix_segment_changes_customer ON segment_changes (customer);
CREATE INDEX ix_segment_changes_segment ON segment_changes (segment);
CREATE INDEX ix_consents_pseudonym ON consents (pseudonym);
CREATE INDEX ix_audit_pseudonym ON audit (pseudonym);
CREATE UNIQUE INDEX ix_people_issuer_subject ON people (issuer, subject);
CREATE INDEX ix_failed_attempts_at ON failed_attempts (at);
CREATE INDEX ix_failed_attempts_name ON failed_attempts (name);
CREATE INDEX ix_saved_texts_file ON saved_texts (file);
CREATE INDEX ix_reviews_map ON reviews (map);
CREATE INDEX ix_invitations_person ON invitations (person);
CREATE INDEX ix_sessions_person ON sessions (person);
CREATE INDEX ix_recovery_codes_person ON recovery_codes (person);
CREATE INDEX ix_comments_map_key ON comments (map_key);
CREATE INDEX ix_comments_answers ON comments (answers);
CREATE INDEX ix_saved_views_person ON saved_views (person);
CREATE INDEX ix_told_telling ON told (telling);
CREATE INDEX ix_report_parts_report ON report_parts (report);
CREATE INDEX ix_report_links_report ON report_links (report);
DELETE FROM "sqlite_sequence";
COMMIT;
