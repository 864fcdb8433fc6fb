"""How one row of things becomes another: what is taken away, put in, and stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

__all__ = ["steps_between"]


def steps_between(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """What is done (`equal`, `replace`, `delete`, `insert`), with which of the old, for which of the new.

    What both begin and end with is the same, whatever stands twice between. In rows of 200 and more, what stands there
    very often does not tell which is which by itself (`SequenceMatcher`'s own rule), so that time stays bounded.
    """
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)
    last, end = len(before) - tail, len(after) - tail
    yield "equal", 0, head, 0, head
    for kind, *places in SequenceMatcher(None, before[head:last], after[head:end]).get_opcodes():
        first, until, start, stop = (place + head for place in places)
        yield kind, first, until, start, stop
    yield "equal", last, len(before), end, len(after)
