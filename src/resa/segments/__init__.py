"""Segments: who is in them, who entered and left, and why.

`Follower` keeps them current beside a server; `count_segments` counts them for whoever asks.
"""

from resa.segments.counting import SegmentFigure, count_condition, count_segments, looked_from
from resa.segments.following import Follower
from resa.segments.keys import count_up_to, key_of, keys_as_words, owners_of
from resa.segments.listing import LIST_FILES, member_table, write_list

__all__ = [
    "LIST_FILES",
    "Follower",
    "SegmentFigure",
    "count_condition",
    "count_segments",
    "count_up_to",
    "key_of",
    "keys_as_words",
    "looked_from",
    "member_table",
    "owners_of",
    "write_list",
]
