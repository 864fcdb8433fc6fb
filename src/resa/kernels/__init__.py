"""Arrays in, arrays out: the measuring kernels (Numba), each one pass over customers."""

from resa.kernels.alignments import IN_PLACE, MOST_PLANNED, OUT_OF_ORDER, SKIPPED, Alignments, align
from resa.kernels.cells import (
    Together,
    bucket_numbers,
    count_customers,
    count_together,
    in_cells,
    renumbered,
    used_together,
)
from resa.kernels.continuations import (
    LEFT_OFF,
    REPEATED,
    TURNED_BACK,
    WENT_ON,
    Continuations,
    continuations,
    values_following,
)
from resa.kernels.funnel import (
    MAX_STEPS,
    FunnelResult,
    funnel,
    funnel_counts,
    funnel_levels,
)
from resa.kernels.funnel_options import funnel_directly, funnel_unless
from resa.kernels.grouping import Groups
from resa.kernels.histogram import BUCKETS, RELATIVE_ERROR, quantiles
from resa.kernels.incidence import CENSORED, ROUNDING, Incidence, cumulative_incidence, time_by_which
from resa.kernels.intervals import Interval, difference_interval, effective_size, student_quantile, wilson_interval
from resa.kernels.journeys import CODES, Journeys, Period, moments
from resa.kernels.moves import Moves, moves
from resa.kernels.openings import (
    CANCELLED,
    MET,
    NO_KEY,
    UNANSWERED,
    Deadlines,
    Openings,
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
from resa.kernels.retention import Retention, retention
from resa.kernels.stays import MOVED, NOTHING, PAUSED, Stays, stays
from resa.kernels.tallies import Tallies, Totals, WeeklyTrials, clustered_interval, tally, weekly_trials
from resa.kernels.transitions import Transitions, transitions
from resa.kernels.variants import Variants, variant_codes, variants
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
    "IN_PLACE",
    "LEFT",
    "LEFT_OFF",
    "MAX_PATH_STEPS",
    "MAX_STEPS",
    "MET",
    "MOST_PLANNED",
    "MOVED",
    "NOTHING",
    "NO_KEY",
    "OTHERS",
    "OUT_OF_ORDER",
    "PAUSED",
    "RELATIVE_ERROR",
    "REPEATED",
    "ROUNDING",
    "SKIPPED",
    "TURNED_BACK",
    "UNANSWERED",
    "WENT_ON",
    "Alignments",
    "Continuations",
    "Deadlines",
    "Flow",
    "FunnelResult",
    "Groups",
    "Incidence",
    "Interval",
    "Journeys",
    "Moves",
    "Openings",
    "PathCounts",
    "Paths",
    "Period",
    "Retention",
    "Stays",
    "Tallies",
    "Together",
    "TopPaths",
    "Totals",
    "Transitions",
    "Variants",
    "Visits",
    "Walks",
    "WeeklyTrials",
    "align",
    "bucket_numbers",
    "clustered_interval",
    "continuations",
    "count_customers",
    "count_paths",
    "count_together",
    "cumulative_incidence",
    "difference_interval",
    "effective_size",
    "flow",
    "funnel",
    "funnel_counts",
    "funnel_directly",
    "funnel_levels",
    "funnel_unless",
    "in_cells",
    "moments",
    "moves",
    "openings",
    "paths",
    "quantiles",
    "renumbered",
    "retention",
    "stays",
    "student_quantile",
    "tally",
    "time_by_which",
    "top_paths",
    "transitions",
    "used_together",
    "values_following",
    "variant_codes",
    "variants",
    "visits",
    "walks",
    "warm",
    "weekly_trials",
    "what_instead",
    "wilson_interval",
]
