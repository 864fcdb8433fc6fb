"""Two people changed one text: what both did is put together, line by line, and where they disagree it is said.

The three-way comparison of Unix's diff3 (Khanna, Kunal, Pierce: A Formal Investigation of Diff3, 2007), but changes of
neighbouring lines do not disagree: only changes of the same lines do, and lines put in beside changed ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resa.documents.comparing import steps_between

__all__ = ["Choice", "Part", "merge", "merged_text"]

Choice = Literal["mine", "theirs", "both"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the text that two people made of one.

    Attributes:
        before: What stood there.
        mine: What one made of it.
        theirs: What the other made of it.
        text: What becomes of both; `None`: they disagree.
    """

    before: str
    mine: str
    theirs: str
    text: str | None


@dataclass(frozen=True, kw_only=True)
class _Change:
    """Lines from `first` up to `last` become others."""

    first: int
    last: int
    new: tuple[str, ...]

    def meets(self, other: _Change) -> bool:
        """Whether both change the same lines, or one puts lines in at the edge of what the other changed.

        What is put in beside lines that another took away may be about them.
        """
        if self.first == self.last or other.first == other.last:
            return self.first <= other.last and other.first <= self.last
        return self.first < other.last and other.first < self.last


def merge(before: str, mine: str, theirs: str) -> list[Part]:
    """The parts of the text that two people made of one, in order.

    Args:
        before: What both began with.
        mine: What one made of it.
        theirs: What the other made of it.
    """
    lines = before.splitlines(keepends=True)
    parts, position = list[Part](), 0
    for first, last, ours, others in _meetings(_changes(lines, mine), _changes(lines, theirs)):
        if position < first:
            parts.append(_kept("".join(lines[position:first])))
        stood, one, other = (_after(lines, first, last, changes) for changes in ((), ours, others))
        agreed = one if other in (one, stood) else other if one == stood else None
        parts.append(Part(before=stood, mine=one, theirs=other, text=agreed))
        position = last
    if position < len(lines):
        parts.append(_kept("".join(lines[position:])))
    return parts


def merged_text(parts: Sequence[Part], choices: Sequence[Choice] = ()) -> str | None:
    """The text of all parts; `None`: somebody must choose where they disagree.

    Args:
        parts: As `merge` gives them.
        choices: Of the parts in which they disagree, in order, whose holds.
    """
    chosen = iter(choices)
    texts: list[str] = []
    for part in parts:
        if part.text is not None:
            texts.append(part.text)
            continue
        choice = next(chosen, None)
        if choice is None:
            return None
        texts.append({"mine": part.mine, "theirs": part.theirs, "both": _whole(part.theirs) + part.mine}[choice])
    return "".join(texts)


def _kept(text: str) -> Part:
    return Part(before=text, mine=text, theirs=text, text=text)


def _whole(text: str) -> str:
    """A text after which another line can stand."""
    return text if not text or text.endswith(("\n", "\r")) else f"{text}\n"


def _changes(lines: Sequence[str], text: str) -> list[_Change]:
    new = text.splitlines(keepends=True)
    return [
        _Change(first=first, last=last, new=tuple(new[start:end]))
        for kind, first, last, start, end in steps_between(lines, new)
        if kind != "equal"
    ]


def _meetings(
    mine: Sequence[_Change], theirs: Sequence[_Change]
) -> Iterator[tuple[int, int, list[_Change], list[_Change]]]:
    """The changes of both in order, those that meet together: the lines they take, mine, theirs."""
    left, right = list(mine), list(theirs)
    while left or right:
        ours, others = list[_Change](), list[_Change]()
        first_side = left if not right or (left and _order(left[0]) <= _order(right[0])) else right
        (ours if first_side is left else others).append(first_side.pop(0))
        while found := _next_that_meets(left, others, ours) or _next_that_meets(right, ours, others):
            change, kept = found
            kept.append(change)
            (left if left and left[0] is change else right).pop(0)
        every = [*ours, *others]
        yield min(one.first for one in every), max(one.last for one in every), ours, others


def _order(change: _Change) -> tuple[int, int]:
    return change.first, change.last


def _next_that_meets(
    waiting: Sequence[_Change], opposite: Sequence[_Change], kept: list[_Change]
) -> tuple[_Change, list[_Change]] | None:
    """The next change of one side that meets one of the other's, with where it belongs."""
    return (waiting[0], kept) if waiting and any(waiting[0].meets(one) for one in opposite) else None


def _after(lines: Sequence[str], first: int, last: int, changes: Sequence[_Change]) -> str:
    """The lines from `first` up to `last` after changes."""
    texts, position = list[str](), first
    for change in changes:
        texts += [*lines[position : change.first], *change.new]
        position = change.last
    return "".join([*texts, *lines[position:last]])
