"""What a workspace keeps: event files, the operational database, uniqueness, the journey index."""

from resa.storage.api_keys import (
    SCOPES,
    ApiKey,
    Scope,
    collecting_keys,
    hashes_of_keys,
    key_hash,
    list_keys,
    make_key,
    revoke_key,
)
from resa.storage.arrivals import Arrival, Arrivals, Waiting
from resa.storage.compaction import compact_files
from resa.storage.decisions import count_decisions, keep_decisions, kept_decisions
from resa.storage.derivation import has_column
from resa.storage.evaluation import count_files
from resa.storage.figures import Figures, read_figures
from resa.storage.hashing import Hasher
from resa.storage.held import Held, forget_what_was_left_behind, holding
from resa.storage.index import JourneyIndex, MapColumn, Sparse
from resa.storage.labels import Labels, in_order, map_catalog
from resa.storage.link_key import link_secret, made_link_secret
from resa.storage.lookups import first_of_each_key
from resa.storage.persons import Unified, Unifier
from resa.storage.publishing import holds_all, refresh_index, share_file
from resa.storage.records import (
    BOTS,
    EARLIEST,
    EPOCH,
    KINDS,
    LATEST,
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
from resa.storage.store import Store
from resa.storage.trial import trying
from resa.storage.verification import verify_store
from resa.storage.writer import Writer

__all__ = [
    "BOTS",
    "EARLIEST",
    "EPOCH",
    "KINDS",
    "LATEST",
    "SCOPES",
    "ApiKey",
    "Arrival",
    "Arrivals",
    "AsOf",
    "ChunkResult",
    "EventFile",
    "Exclusion",
    "Figures",
    "Finding",
    "Hasher",
    "Held",
    "JourneyIndex",
    "Kind",
    "Labels",
    "Load",
    "MapColumn",
    "MapVersion",
    "Owners",
    "Scope",
    "Sparse",
    "Store",
    "Unified",
    "Unifier",
    "Waiting",
    "Writer",
    "collecting_keys",
    "compact_files",
    "count_decisions",
    "count_files",
    "first_of_each_key",
    "forget_derived",
    "forget_what_was_left_behind",
    "has_column",
    "hashes_of_keys",
    "holding",
    "holds_all",
    "in_order",
    "keep_decisions",
    "kept_decisions",
    "key_hash",
    "link_secret",
    "list_keys",
    "made_link_secret",
    "make_key",
    "map_catalog",
    "read_figures",
    "refresh_index",
    "revoke_key",
    "share_file",
    "trying",
    "verify_store",
]
