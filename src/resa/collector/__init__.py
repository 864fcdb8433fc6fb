"""From files of any shape to rows of Resa: source files, reading, judging, loads, rejected rows.

sources, problems = read_sources(workspace)                 # sources/*.yaml, every problem in its place
report = collect(writer, sources[0], progress=show)         # good rows go in, bad ones are kept with their reason
understanding = understand(find_files("orders.csv", folder)[0], {"event": "type"})
text = source_yaml(understanding)                           # the source file, with comments
replay(writer, source, reason="unreadable-time")
"""

from resa.collector.bots import BOT, is_bot
from resa.collector.collecting import collect
from resa.collector.files import RowFile, find_files
from resa.collector.hook_shape import HookShape
from resa.collector.hooks import HOOK, HookMaker, HookRows, Hooks, hook_line
from resa.collector.links import Link, link_token, read_link, target_of
from resa.collector.proposal import Understanding, source_yaml
from resa.collector.reasons import DETAILS, WORDS, said_again
from resa.collector.replaying import ReplayReport, replay
from resa.collector.reports import FileReport, LoadReport, Progress
from resa.collector.schema import source_file_schema, source_schema
from resa.collector.segment import CALLS as SEGMENT_CALLS
from resa.collector.segment import COUNTED, ItemProblem, Request, preferences_of, with_address
from resa.collector.segment import Row as SegmentRow
from resa.collector.segment import Rows as SegmentRows
from resa.collector.segment import problems_of as segment_problems
from resa.collector.segment import read_request as read_segment
from resa.collector.segment import rows_of as segment_rows
from resa.collector.sources import Source, read_source, read_sources
from resa.collector.understanding import understand

__all__ = [
    "BOT",
    "COUNTED",
    "DETAILS",
    "HOOK",
    "SEGMENT_CALLS",
    "WORDS",
    "FileReport",
    "HookMaker",
    "HookRows",
    "HookShape",
    "Hooks",
    "ItemProblem",
    "Link",
    "LoadReport",
    "Progress",
    "ReplayReport",
    "Request",
    "RowFile",
    "SegmentRow",
    "SegmentRows",
    "Source",
    "Understanding",
    "collect",
    "find_files",
    "hook_line",
    "is_bot",
    "link_token",
    "preferences_of",
    "read_link",
    "read_segment",
    "read_source",
    "read_sources",
    "replay",
    "said_again",
    "segment_problems",
    "segment_rows",
    "source_file_schema",
    "source_schema",
    "source_yaml",
    "target_of",
    "understand",
    "with_address",
]
