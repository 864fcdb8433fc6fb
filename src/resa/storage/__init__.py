"""What a workspace keeps: event files, the operational database, uniqueness, the journey index."""

from resa.storage.api_keys import (
    SCOPES,
    ApiKey,
    Scope,
    collecting_keys,
    consenting_keys,
    hashes_of_keys,
    key_hash,
    list_keys,
    make_key,
    revoke_key,
)
from resa.storage.arrivals import Arrival, Arrivals, Waiting
from resa.storage.audit import (
    Also,
    AuditEntry,
    Way,
    audit_entries,
    count_old_entries,
    expire_entries,
    keep_entry,
    put_entry,
)
from resa.storage.compaction import compact_files
from resa.storage.consents import (
    ConsentRecord,
    Kept,
    consent_is_answered,
    consents_known,
    consents_of,
    keep_consents,
    put_consents,
)
from resa.storage.decisions import count_decisions, keep_decisions, kept_decisions
from resa.storage.derivation import column_hash, has_column
from resa.storage.erasing import (
    Person,
    count_erasures,
    erase_rows,
    finish_erasures,
    is_unfinished,
    keep_out,
    rows_naming,
)
from resa.storage.evaluation import count_files
from resa.storage.expiring import expire_rows
from resa.storage.figures import Figures, SourceFigures, read_figures
from resa.storage.generating import share_file
from resa.storage.hashing import Hasher
from resa.storage.held import Held, forget_what_was_left_behind, holding
from resa.storage.index import JourneyIndex, MapColumn, Sparse
from resa.storage.keeping_out import KeptOut, erased_with, named_in_payload
from resa.storage.labels import Labels, in_order, map_catalog
from resa.storage.layers import lower_bounds
from resa.storage.likely_pairs import LikelyPair, kept_pairs, replacing_pairs
from resa.storage.link_key import link_secret, made_link_secret
from resa.storage.lookups import first_of_each_key
from resa.storage.matching import touchpoints_without_history
from resa.storage.memberships import (
    Cause,
    Member,
    SegmentChange,
    SegmentState,
    forget_segment,
    keep_segment,
    kept_members,
    segment_history,
    segment_states_of,
    since_when,
)
from resa.storage.needles import Needles, is_distinctive
from resa.storage.parts import keys_of, some_parts, with_parts
from resa.storage.people import (
    accept_invitation,
    begin_session,
    change_role,
    end_person,
    end_session,
    end_session_of,
    has_people,
    invite_person,
    invited_person,
    list_people,
    list_sessions,
    living_session,
    make_first_person,
    password_of,
)
from resa.storage.persons import Unified, Unifier
from resa.storage.pseudonyms import forget_pseudonyms, identifiers_known, idle_pseudonyms
from resa.storage.publishing import holds_all, refresh_index
from resa.storage.recent import changed_customers, customers_alone, last_times
from resa.storage.records import (
    BOTS,
    EARLIEST,
    EPOCH,
    KINDS,
    LATEST,
    LIVE,
    RUN,
    AsOf,
    ChunkResult,
    EventFile,
    Exclusion,
    Finding,
    Kind,
    Load,
    MapVersion,
)
from resa.storage.recounting import forget_derived
from resa.storage.runs import Owners
from resa.storage.seals import audit_seal, consents_seal
from resa.storage.searching import search_everything
from resa.storage.settling import refused_payloads
from resa.storage.source_states import Reached, SourceState, state_of_source, states_of_sources
from resa.storage.store import Store
from resa.storage.trial import trying
from resa.storage.turns import is_asked, is_lent, lending
from resa.storage.verification import verify_store
from resa.storage.writer import Writer

__all__ = [
    "BOTS",
    "EARLIEST",
    "EPOCH",
    "KINDS",
    "LATEST",
    "LIVE",
    "RUN",
    "SCOPES",
    "Also",
    "ApiKey",
    "Arrival",
    "Arrivals",
    "AsOf",
    "AuditEntry",
    "Cause",
    "ChunkResult",
    "ConsentRecord",
    "EventFile",
    "Exclusion",
    "Figures",
    "Finding",
    "Hasher",
    "Held",
    "JourneyIndex",
    "Kept",
    "KeptOut",
    "Kind",
    "Labels",
    "LikelyPair",
    "Load",
    "MapColumn",
    "MapVersion",
    "Member",
    "Needles",
    "Owners",
    "Person",
    "Reached",
    "Scope",
    "SegmentChange",
    "SegmentState",
    "SourceFigures",
    "SourceState",
    "Sparse",
    "Store",
    "Unified",
    "Unifier",
    "Waiting",
    "Way",
    "Writer",
    "accept_invitation",
    "audit_entries",
    "audit_seal",
    "begin_session",
    "change_role",
    "changed_customers",
    "collecting_keys",
    "column_hash",
    "compact_files",
    "consent_is_answered",
    "consenting_keys",
    "consents_known",
    "consents_of",
    "consents_seal",
    "count_decisions",
    "count_erasures",
    "count_files",
    "count_old_entries",
    "customers_alone",
    "end_person",
    "end_session",
    "end_session_of",
    "erase_rows",
    "erased_with",
    "expire_entries",
    "expire_rows",
    "finish_erasures",
    "first_of_each_key",
    "forget_derived",
    "forget_pseudonyms",
    "forget_segment",
    "forget_what_was_left_behind",
    "has_column",
    "has_people",
    "hashes_of_keys",
    "holding",
    "holds_all",
    "identifiers_known",
    "idle_pseudonyms",
    "in_order",
    "invite_person",
    "invited_person",
    "is_asked",
    "is_distinctive",
    "is_lent",
    "is_unfinished",
    "keep_consents",
    "keep_decisions",
    "keep_entry",
    "keep_out",
    "keep_segment",
    "kept_decisions",
    "kept_members",
    "kept_pairs",
    "key_hash",
    "keys_of",
    "last_times",
    "lending",
    "link_secret",
    "list_keys",
    "list_people",
    "list_sessions",
    "living_session",
    "lower_bounds",
    "made_link_secret",
    "make_first_person",
    "make_key",
    "map_catalog",
    "named_in_payload",
    "password_of",
    "put_consents",
    "put_entry",
    "read_figures",
    "refresh_index",
    "refused_payloads",
    "replacing_pairs",
    "revoke_key",
    "rows_naming",
    "search_everything",
    "segment_history",
    "segment_states_of",
    "share_file",
    "since_when",
    "some_parts",
    "state_of_source",
    "states_of_sources",
    "touchpoints_without_history",
    "trying",
    "verify_store",
    "with_parts",
]
