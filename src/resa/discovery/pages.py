"""Paths of pages grouped into a few patterns, such as `/p/*`, each a touchpoint in the making.

Paths make a tree of segments. Walking down from the root,

1. segments that can only be numbers of things (digits, UUIDs, hexadecimal, dates) are one segment `*`;
2. below the first segment, children are one segment `*` when they are many and alike: at least `MANY`, and none of them
   with half of the views. So `/p/fell-jacket`, `/p/bog-boots` … are `/p/*`, and `/account/login` stays what it is;
3. what is below a `*` and is many again belongs to it: a last `*` stands for any further text, as in a signal;
4. a pattern with fewer views than asked for is part of the `*` beside it, if there is one, or is left out.

Groups beside each other of which the same is expected, such as `/help/returns` and `/help/*`, become one later
(`resa.discovery.planning`), when it is known what follows them.

The first segment is a part of the site and never becomes `*` by rule 2; a language (`/sv/`, `/en-gb/`) does not count
as a segment. The rules are those that are known from grouping URLs and log lines by their shape (He et al., Drain: an
online log parsing approach with fixed depth tree, ICWS 2017), with the depth left to the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

__all__ = ["ANY", "MANY", "PageGroup", "group_paths", "path_segments"]

MANY: Final = 5
"""Children that are taken to be things of one kind, if none of them has half of the views."""

ANY: Final = "*"
"""The segment that stands for any."""

_NUMBER_OF_A_THING = re.compile(
    r"\d+|\d{4}-\d{2}(-\d{2})?"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?=[0-9a-f]*\d)[0-9a-f]{8,}"
    r"|(?=(?:\D*\d){4})[\w-]{6,}",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"[a-z]{2}([-_][a-z]{2})?", re.IGNORECASE)
_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class PageGroup:
    """Paths of one pattern.

    Attributes:
        segments: Of the pattern; `*` stands for any segment, and at the end for any further text.
        views: How many views its paths have.
        plain: All of these paths are written like the pattern: no host, no query, no slash at the end.
    """

    segments: tuple[str, ...]
    views: int
    plain: bool

    @property
    def pattern(self) -> str:
        """As a signal writes it: `/p/*`."""
        return "/" + "/".join(self.segments)


@dataclass
class _Node:
    """A segment of the tree: views of the path that ends here, and what goes on below."""

    views: int = 0
    plain: bool = True
    children: dict[str, _Node] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.views + sum(child.total for child in self.children.values())

    @property
    def all_plain(self) -> bool:
        return self.plain and all(child.all_plain for child in self.children.values())

    def take(self, other: _Node) -> None:
        """Become the union of two."""
        self.views += other.views
        self.plain &= other.plain
        for name, child in other.children.items():
            self.children.setdefault(name, _Node()).take(child)


def path_segments(path: str) -> tuple[tuple[str, ...], bool]:
    """The segments of a path or an address, and whether it is written as they are, without host, query and the like."""
    bare = re.split(r"[?#]", _HOST.sub("", path), maxsplit=1)[0]
    segments = tuple(segment for segment in bare.split("/") if segment)
    return segments, path == "/" + "/".join(segments)


def group_paths(paths: Iterable[tuple[str, int]], *, least: int) -> list[PageGroup]:
    """Group paths into patterns; the module's text says how.

    Args:
        paths: Each path with its views.
        least: A pattern with fewer views is no group of its own.

    Returns:
        The groups, most views first.
    """
    root = _Node()
    for path, views in paths:
        segments, plain = path_segments(path)
        node = root
        for segment in segments:
            node = node.children.setdefault(ANY if _NUMBER_OF_A_THING.fullmatch(segment) else segment, _Node())
        node.views += views
        node.plain &= plain
    found = [group for group in _groups(root, (), inside=False, least=least) if group.views >= least]
    return sorted(found, key=lambda group: (-group.views, group.segments))


def _groups(node: _Node, segments: tuple[str, ...], *, inside: bool, least: int) -> Iterator[PageGroup]:
    """Groups of a node and below; `inside`: below the first segment that is no language."""
    if node.views:
        yield PageGroup(segments=segments, views=node.views, plain=node.plain)
    children = dict(node.children)
    if inside and _many_alike(children):
        together = _Node()
        for child in children.values():
            together.take(child)
        children = {ANY: together}
    rest = children.pop(ANY, _Node())
    for name, child in children.items():
        if inside and child.total < least:
            rest.take(child)
            continue
        yield from _groups(child, (*segments, name), inside=inside or not _LANGUAGE.fullmatch(name), least=least)
    if rest.total:
        yield from _below_any(rest, (*segments, ANY), least)


def _below_any(node: _Node, segments: tuple[str, ...], least: int) -> Iterator[PageGroup]:
    """A `*` and those few of the pages below it that are often seen; it stands for all the others too."""
    views, plain = node.total, node.all_plain
    if not _many_alike(node.children):
        for name, child in node.children.items():
            if name != ANY and child.total >= least:
                yield PageGroup(segments=(*segments, name), views=child.total, plain=child.all_plain)
                views -= child.total
    yield PageGroup(segments=segments, views=views, plain=plain)


def _many_alike(children: dict[str, _Node]) -> bool:
    sizes = [child.total for child in children.values()]
    return len(sizes) >= MANY and max(sizes) * 2 < sum(sizes)
