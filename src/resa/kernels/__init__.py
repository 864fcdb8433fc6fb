"""Arrays in, arrays out: the measuring kernels (Numba), each one pass over customers."""

from resa.kernels.funnel import (
    MAX_STEPS,
    FunnelResult,
    funnel,
    funnel_counts,
    funnel_levels,
)
from resa.kernels.grouping import Groups
from resa.kernels.histogram import BUCKETS, RELATIVE_ERROR, quantiles
from resa.kernels.incidence import CENSORED, Incidence, cumulative_incidence
from resa.kernels.intervals import Interval, clustered_interval, clustered_intervals, wilson_interval
from resa.kernels.journeys import CODES, Journeys, Period, moments
from resa.kernels.openings import (
    CANCELLED,
    MET,
    NO_KEY,
    UNANSWERED,
    Deadlines,
    Openings,
    deadlines,
    openings,
    what_instead,
)
from resa.kernels.paths import (
    MAX_PATH_STEPS,
    OTHERS,
    Flow,
    PathCounts,
    Paths,
    TopPaths,
    count_paths,
    flow,
    paths,
    top_paths,
)
from resa.kernels.transitions import Transitions, transitions
from resa.kernels.variants import Variants, top_variants, variant_codes, variants
from resa.kernels.visits import Visits, visits
from resa.kernels.walks import DETOUR, DIRECT, LEFT, Walks, walks
from resa.kernels.warming import warm

__all__ = [
    "BUCKETS",
    "CANCELLED",
    "CENSORED",
    "CODES",
    "DETOUR",
    "DIRECT",
    "LEFT",
    "MAX_PATH_STEPS",
    "MAX_STEPS",
    "MET",
    "NO_KEY",
    "OTHERS",
    "RELATIVE_ERROR",
    "UNANSWERED",
    "Deadlines",
    "Flow",
    "FunnelResult",
    "Groups",
    "Incidence",
    "Interval",
    "Journeys",
    "Openings",
    "PathCounts",
    "Paths",
    "Period",
    "TopPaths",
    "Transitions",
    "Variants",
    "Visits",
    "Walks",
    "clustered_interval",
    "clustered_intervals",
    "count_paths",
    "cumulative_incidence",
    "deadlines",
    "flow",
    "funnel",
    "funnel_counts",
    "funnel_levels",
    "moments",
    "openings",
    "paths",
    "quantiles",
    "top_paths",
    "top_variants",
    "transitions",
    "variant_codes",
    "variants",
    "visits",
    "walks",
    "warm",
    "what_instead",
    "wilson_interval",
]
