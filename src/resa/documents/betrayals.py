"""Where YAML silently reads something else than its writer meant, whatever the file is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resa.base.language import Sentence, sentence
from resa.documents.parsing import CURLY_QUOTES, Repairs
from resa.documents.source import Edit, Finding, Source
from resa.documents.tree import Node, quoted, walk

__all__ = ["lines_betrayed", "mend_characters", "tree_betrayed"]

# What looks like a space, or like nothing, and is neither to YAML.
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_NO_BREAK = re.compile(f"[{_BLANKS}]")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_BREAKS = re.compile("[\u0085\u2028\u2029]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INDENT = re.compile(f"[ \t{_BLANKS}]*")
_AFTER_DASH = re.compile(f"(?:- +)*-(?P<gap>[ \t{_BLANKS}]*[\t{_BLANKS}][ \t{_BLANKS}]*)(?=\\S)")
_AFTER_COLON = re.compile(
    f"(?:- +)*[^\\s:#'\"\\[{{-][^:#'\"\n]*?:(?P<gap>[ {_BLANKS}]*[{_BLANKS}][ {_BLANKS}]*)(?=[^\\s])"
)
_BEFORE_HASH = re.compile(f"[^\\s](?P<gap>[ {_BLANKS}]*[{_BLANKS}][ {_BLANKS}]*)(?=#(\\s|$))")
_BLOCK_SCALAR = re.compile(r".*(?:[:-])[ ]+[|>][-+0-9]{0,2}[ ]*(?:[ ]#.*)?$")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")
_HASH = re.compile(r"(?P<gap>[ \t]*)#(?P<next>.?)")
_CURLY = frozenset(CURLY_QUOTES)


def mend_characters(source: Source, repairs: Repairs) -> list[Finding]:
    """Repair what no editor shows: tabs and no-break spaces where YAML counts spaces, and invisible characters."""
    findings: list[Finding] = []

    def mend(start: int, end: int, new: str, message: Sentence, code: str) -> None:
        edit = repairs_add(start, end, new)
        findings.append(Finding(source.problem(message, start, code=code, fix=new), (edit,)))

    def repairs_add(start: int, end: int, new: str) -> Edit:
        edit = Edit(start, end, new)  # nothing was mended before, so places are those of the original
        repairs.edits[edit] = True
        return edit

    text = source.text
    if text.startswith("\ufeff"):
        repairs.edits[Edit(0, 1, "")] = False
    for pattern, new, what in (
        (_FORBIDDEN, " ", sentence("a control character stands here")),
        (_BREAKS, " ", sentence("an unusual line break stands here")),
        (_INVISIBLE, "", sentence("an invisible character stands here")),
    ):
        for match in pattern.finditer(text, 1 if text.startswith("\ufeff") else 0):
            name = f"U+{ord(match[0]):04X}"
            mend(
                match.start(),
                match.end(),
                new,
                sentence("{what} ({name}); take it away", what=what, name=name),
                "invisible-character",
            )
    for start, line in _outside_block_scalars(text):
        indent = _INDENT.match(line)
        width = indent.end() if indent else 0
        if not line[width:].strip() or line[width] == "#":
            continue
        if "\t" in line[:width] or _NO_BREAK.search(line[:width]):
            message, code = (
                (sentence("tabs stand before this line, YAML counts spaces; write spaces"), "tab")
                if "\t" in line[:width]
                else (sentence("a no-break space stands before this line; write plain spaces"), "no-break-space")
            )
            mend(start, start + width, _NO_BREAK.sub(" ", line[:width].replace("\t", "  ")), message, code)
        _mend_gaps(line, start, width, mend)
    return findings


def _mend_gaps(line: str, start: int, width: int, mend: object) -> None:
    for pattern, place in (
        (_AFTER_DASH, sentence("after '-'")),
        (_AFTER_COLON, sentence("after ':'")),
        (_BEFORE_HASH, sentence("before '#'")),
    ):
        match = pattern.search(line, width) if pattern is _BEFORE_HASH else pattern.match(line, width)
        if match is None or not callable(mend):
            continue
        new = "  " if pattern is _BEFORE_HASH else " "
        kind = "tab" if "\t" in match["gap"] else "no-break space"
        message = (
            sentence("a tab stands {place}, which YAML does not take for a space; write a plain space", place=place)
            if kind == "tab"
            else sentence(
                "a no-break space stands {place}, which YAML does not take for a space; write a plain space",
                place=place,
            )
        )
        mend(start + match.start("gap"), start + match.end("gap"), new, message, kind.replace(" ", "-"))


def _outside_block_scalars(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their offsets, those of block scalars (`|`, `>`) left out: there every space is text."""
    inside: int | None = None
    for match in _LINES.finditer(text):
        line = match[0].rstrip("\r\n")
        indent = len(line) - len(line.lstrip(" "))
        if inside is not None and (not line.strip() or indent > inside):
            continue
        inside = indent if _BLOCK_SCALAR.match(line) else None
        yield match.start(), line
        if match.end() == len(text):
            return


def lines_betrayed(source: Source, repairs: Repairs, root: Node | None) -> list[Finding]:
    """Texts that a `#` cuts off."""
    if root is None:
        return []
    findings: list[Finding] = []
    mended = [edit for edit, offered in repairs.edits.items() if offered]
    for _, node, is_key in walk(root):
        if is_key or node.kind != "scalar" or node.style or node.special:
            continue
        if any(edit.start <= node.start and node.end <= edit.end and edit.start < edit.end for edit in mended):
            continue
        finding = _cut(source, node)
        if finding:
            findings.append(finding)
    return findings


def _cut(source: Source, node: Node) -> Finding | None:
    match = _HASH.match(source.text, node.end)
    if match is None or not match["gap"]:
        return None
    return _cut_before(source, node, match) if node.start == node.end else _cut_after(source, node, match)


def _cut_before(source: Source, node: Node, match: re.Match[str]) -> Finding | None:
    """A text that begins with a hash, so that nothing of it is left."""
    if not match["next"].strip() or match["next"] in "#!-=":
        return None
    start, (_, end) = match.end("gap"), source.line_bounds(node.end)
    new = quoted(source.text[start:end].rstrip())
    message = sentence("text that begins with # is a comment to YAML; put quotes around it: {new}", new=new)
    return Finding(source.problem(message, start, code="cut-text", fix=new), (Edit(start, end, new),))


def _cut_after(source: Source, node: Node, match: re.Match[str]) -> Finding | None:
    """A text with a hash inside; two spaces before it say that a comment is meant."""
    said = source.text[node.start : node.end]
    if len(match["gap"]) > 1 or "\n" in said:
        return None
    hash_at, (_, end) = match.end("gap"), source.line_bounds(node.end)
    if match["next"].strip() and match["next"] not in "#!-=":
        new = quoted(source.text[node.start : end].rstrip())
        message = sentence("the text is cut at ' #', which begins a comment; put quotes around it: {new}", new=new)
        edit = Edit(node.start, end, new)
        return Finding(source.problem(message, hash_at, code="cut-text", fix=new), (edit,))
    if " " not in said:
        return None
    message = sentence(
        "the text ends before ' #'; if that is a comment, put two spaces before it, else quotes around the text"
    )
    return Finding(source.problem(message, hash_at, code="cut-text", severity="warning"))


def tree_betrayed(source: Source, root: Node) -> list[Finding]:
    """Repeated keys, anchors, aliases, tags, curly quotes that do not quote, and `key:value` inside braces."""
    findings: list[Finding] = []
    for _, node, is_key in walk(root):
        if node.style == "{":
            findings.append(_placeholder(source, node))
        elif node.special:
            findings.append(_special(source, node))
        elif is_key:
            findings += _key_betrayed(source, node)
        if node.kind == "mapping":
            findings += _repeated(source, node)
            findings += _glued(source, node)
    return findings


def _placeholder(source: Source, node: Node) -> Finding:
    new = quoted(node.text)
    message = sentence("'{{{{' opens a mapping unless quotes stand around it; write {new}", new=new)
    edit = Edit(node.start, node.end, new)
    return Finding(source.problem(message, node.start, code="bracket", fix=new), (edit,))


def _special(source: Source, node: Node) -> Finding:
    sign = source.text[node.start : node.start + 1]
    _, line_end = source.line_bounds(node.start)
    end = max(node.end, node.start + 1)
    if node.kind != "scalar" or end > line_end or sign not in {"*", "&", "!"}:
        message = sentence(
            "'{special}': anchors, aliases and tags are not used in these files; write the text out",
            special=node.special,
        )
        return Finding(source.problem(message, node.start, code="anchor"))
    new = quoted(source.text[node.start : end].rstrip())
    message = sentence(
        "{sign} begins an anchor, alias or tag, which these files do not use; if it is text, write {new}",
        sign=sign,
        new=new,
    )
    edit = Edit(node.start, node.start + len(source.text[node.start : end].rstrip()), new)
    return Finding(source.problem(message, node.start, code="anchor", fix=new), (edit,))


def _key_betrayed(source: Source, key: Node) -> Iterator[Finding]:
    if key.kind != "scalar":
        message = sentence("a list or mapping stands where a name belongs; put quotes around it if it is text")
        yield Finding(source.problem(message, key.start, code="key"))
    elif key.text == "<<" and not key.style:
        message = sentence("merge keys (<<) are not used in these files; write the keys out")
        yield Finding(source.problem(message, key.start, code="anchor"))
    elif not key.style and source.text[key.start : key.start + 1] in _CURLY and key.text[:1] not in _CURLY:
        new = key.text
        message = sentence("curly quotes do not quote; write {new}", new=new)
        edit = Edit(key.start, key.end, new)
        yield Finding(source.problem(message, key.start, code="curly-quotes", fix=new), (edit,))


def _repeated(source: Source, node: Node) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for key, _ in node.pairs:
        first = seen.setdefault(key.text, key)
        if first is not key and key.kind == "scalar":
            line, _ = source.position(first.start)
            message = sentence(
                "'{key}' stands twice, first in line {line}; take one away or give it another name",
                key=key.text,
                line=str(line),
            )
            yield Finding(source.problem(message, key.start, code="repeated-key"))


def _glued(source: Source, node: Node) -> Iterator[Finding]:
    for key, value in node.pairs:
        plain = value.kind == "scalar" and not (key.style or value.style)
        if node.flow and plain and key.end + 1 == value.start < value.end:
            message = sentence("a space is missing after ':'; write {key}: {value}", key=key.text, value=value.text)
            problem = source.problem(message, value.start, code="no-space", fix=" ")
            yield Finding(problem, (Edit(value.start, value.start, " "),))
