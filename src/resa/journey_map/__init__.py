"""Journey maps: files that people write, read into `resa.model.journey`, checked, repaired and written back.

loaded = load_maps("shop")             # all maps, all problems of all files
loaded.maps["journey"].expectations
[str(problem) for problem in loaded.problems]
lint(loaded.maps["journey"], loaded, today=date.today())
print(fix("shop").diff)
"""

from resa.journey_map.arrow_writing import add_arrow, arrows_said, name_of_arrow, remove_arrow, write_arrow
from resa.journey_map.editing import (
    BETWEEN,
    Change,
    ChangedElsewhere,
    add_stage,
    add_touchpoint,
    edited,
    move_stage,
    move_touchpoint,
    new_key,
    remove_improvement,
    remove_stage,
    remove_touchpoint,
    write_map,
    write_section,
    write_signal,
    write_stage,
    write_touchpoint,
)
from resa.journey_map.fixing import Fixes, fix, fix_text
from resa.journey_map.linting import DataSeen, lint
from resa.journey_map.loading import Loaded, load_maps, load_texts, map_files, map_key, read_map
from resa.journey_map.names import display_name, normalised
from resa.journey_map.placing import Place, Span, innermost, places_of
from resa.journey_map.saying import LANES, said_of, signal_of, squeezed
from resa.journey_map.schema import SCHEMA_VERSION, json_schema
from resa.journey_map.segment_writing import (
    SEGMENTS_FILE,
    edited_segments,
    remove_segment,
    segment_entries,
    segment_entry,
    segment_said,
    segment_text,
    write_segment,
)

__all__ = [
    "BETWEEN",
    "LANES",
    "SCHEMA_VERSION",
    "SEGMENTS_FILE",
    "Change",
    "ChangedElsewhere",
    "DataSeen",
    "Fixes",
    "Loaded",
    "Place",
    "Span",
    "add_arrow",
    "add_stage",
    "add_touchpoint",
    "arrows_said",
    "display_name",
    "edited",
    "edited_segments",
    "fix",
    "fix_text",
    "innermost",
    "json_schema",
    "lint",
    "load_maps",
    "load_texts",
    "map_files",
    "map_key",
    "move_stage",
    "move_touchpoint",
    "name_of_arrow",
    "new_key",
    "normalised",
    "places_of",
    "read_map",
    "remove_arrow",
    "remove_improvement",
    "remove_segment",
    "remove_stage",
    "remove_touchpoint",
    "said_of",
    "segment_entries",
    "segment_entry",
    "segment_said",
    "segment_text",
    "signal_of",
    "squeezed",
    "write_arrow",
    "write_map",
    "write_section",
    "write_segment",
    "write_signal",
    "write_stage",
    "write_touchpoint",
]
