"""Label columns: what an expression says of every event or customer, as numbers of its texts, kept beside the index.

A report asks for the device of every event, for the properties and traits that tell groups apart, for `per` of an
expectation, for who is a persona; the tracking plan for the kind of every event. To take these out of JSON takes longer
than all measuring, so the writer does it once a generation, and of new files only. A column stands in
`index/<generation>/labels/<hash of the SQL>/`: a changed expression is another column. What is not there is evaluated
by whoever asks; nothing but time depends on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.errors import ExpressionError, WorkspaceDamaged
from resa.base.files import flush_file, flush_folder
from resa.base.language import sentence
from resa.engine import Engine
from resa.expressions import Catalog, Compiled, Scope, compile_expression
from resa.model.journey import JourneyMap
from resa.storage.arrays import write_array
from resa.storage.attributes import keep_text_attributes, kept_text_attributes
from resa.storage.evaluation import stream_files
from resa.storage.event_kinds import EVENT_KIND
from resa.storage.index import JourneyIndex, map_array
from resa.storage.traits import read_traits

__all__ = ["Labels", "derive_labels", "in_order", "map_catalog", "read_labels", "same_labels"]

Codes = npt.NDArray[np.unsignedinteger[Any]]

_FOLDER: Final = "labels"
_FORMAT: Final = 1
_PIECE: Final = 1_000_000  # rows whose texts are numbered at a time


class Labels(NamedTuple):
    """What an expression says of every event, by position, or of every customer.

    Attributes:
        codes: Number of each one's text.
        texts: The texts, in the order of the first that has each; one may be null.
    """

    codes: Codes
    texts: pa.StringArray


@dataclass(frozen=True)
class _Question:
    """An expression that reports ask of all events or customers."""

    text: str
    scope: Scope
    expects: Literal["boolean", "scalar"]
    catalog: Catalog

    def compiled(self, prefix: str = "p") -> Compiled:
        """As SQL."""
        return compile_expression(
            self.text, scope=self.scope, expects=self.expects, catalog=self.catalog, prefix=prefix
        )


class _KindQuestion(NamedTuple):
    """What kind of event each is: nobody writes that as an expression."""

    scope: Scope = Scope.EVENT

    def compiled(self, prefix: str = "p") -> Compiled:  # noqa: ARG002 - it has no parameters
        """As SQL."""
        return EVENT_KIND


_Asked = _Question | _KindQuestion


def map_catalog(journey_map: JourneyMap) -> Catalog:
    """What the names in an expression mean on a map."""
    return Catalog(
        touchpoints=frozenset(journey_map.touchpoint),
        personas=frozenset(journey_map.persona),
        segments=frozenset(journey_map.segment or ("",)),
        expectations=frozenset(journey_map.expectation),
        computed={trait.key: trait.type for trait in journey_map.traits},
        timezone=journey_map.timezone,
    )


def read_labels(index: JourneyIndex, scope: Scope, compiled: Compiled) -> Labels | None:
    """A column that was kept; `None`: it was not.

    Args:
        index: The generation.
        scope: Over its events or its customers.
        compiled: The expression, its parameters named as `compile_expression` names them by default.
    """
    return _read(_folder(index, scope, compiled))


def _read(folder: Path) -> Labels | None:
    try:
        codes = map_array(folder / "codes.npy")
        with pa.memory_map(str(folder / "texts.arrow")) as source:
            texts = pa.ipc.open_file(source).read_all().column("text")
    except FileNotFoundError:
        return None
    return Labels(codes, pa.concat_arrays(texts.chunks) if texts.num_chunks else pa.array([], pa.string()))


def derive_labels(index: JourneyIndex, maps: Sequence[JourneyMap], base: JourneyIndex | None = None) -> None:
    """Keep what reports on these maps ask of every event and customer, unless it is kept already.

    Args:
        index: Published or in the making.
        maps: The maps.
        base: The former generation, if the index holds its files and more: of its files nothing is asked again.
    """
    if not maps or not index.files:
        return
    missing: dict[str, _Asked] = {}
    for question in _questions(index, maps):
        try:
            compiled = question.compiled()
        except ExpressionError:
            continue  # whoever asks is told
        folder = _folder(index, question.scope, compiled)
        if not (compiled.requires or compiled.uses_as_of or folder.exists()):
            missing[folder.name] = question
    of_events = {name: question for name, question in missing.items() if question.scope is Scope.EVENT}
    of_customers = {name: question for name, question in missing.items() if question.scope is Scope.CUSTOMER}
    for name, labels in chain(_of_events(index, of_events, base), _of_customers(index, of_customers)):
        _write(index.folder / _FOLDER / name, labels)


def same_labels(index: JourneyIndex, again: JourneyIndex) -> bool:
    """Whether what both keep is the same; what only one of them keeps is not looked at."""
    if kept_text_attributes(index) not in {None, kept_text_attributes(again)}:
        return False
    for folder in (again.folder / _FOLDER).glob("[!.]*"):
        one, other = _read(index.folder / _FOLDER / folder.name), _read(folder)
        if one is None or other is None:
            continue
        if not (np.array_equal(one.codes, other.codes) and one.texts.equals(other.texts)):
            return False
    return True


def _questions(index: JourneyIndex, maps: Sequence[JourneyMap]) -> Iterator[_Asked]:
    yield _KindQuestion()
    attributes = keep_text_attributes(index)
    for journey_map in maps:
        catalog = map_catalog(journey_map)
        for name in ("device", *attributes):
            scope = Scope.CUSTOMER if name.startswith("traits.") else Scope.EVENT
            yield _Question(name, scope, "scalar", catalog)
        for expectation in journey_map.expectations:
            if expectation.per is not None:
                yield _Question(expectation.per, Scope.EVENT, "scalar", catalog)
        for persona in journey_map.personas:
            if persona.who is not None:
                yield _Question(persona.who, Scope.CUSTOMER, "boolean", catalog)


def _folder(index: JourneyIndex, scope: Scope, compiled: Compiled) -> Path:
    said = [_FORMAT, scope.value, compiled.sql, sorted(compiled.parameters.items())]
    name = hashlib.blake2b(json.dumps(said, default=str).encode(), digest_size=16).hexdigest()
    return index.folder / _FOLDER / name


class _Numbering:
    """Numbers for the texts of one column, given piece by piece."""

    def __init__(self, rows: int) -> None:
        self.codes: Codes = np.zeros(rows, np.uint8)
        self.texts = pa.array([], pa.string())

    def begin(self, base: JourneyIndex, before: Labels) -> None:
        """Take over what is known of the rows of a former generation."""
        self.texts = before.texts
        self.codes = self.codes.astype(before.codes.dtype)
        self.codes[base.rows] = before.codes

    def add(self, begin: int, column: pa.ChunkedArray) -> None:
        """Number the rows from `begin` on."""
        text = column.cast(pa.string()).combine_chunks()
        encoded = text.dictionary_encode(null_encoding="encode")
        known = pc.index_in(encoded.dictionary, value_set=self.texts, skip_nulls=False)
        new = encoded.dictionary.filter(known.is_null())
        numbers = known.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        numbers[known.is_null().to_numpy(zero_copy_only=False)] = np.arange(len(new)) + len(self.texts)
        self.texts = pa.concat_arrays([self.texts, new])
        self.codes = self.codes.astype(np.promote_types(self.codes.dtype, _narrowest(len(self.texts))), copy=False)
        self.codes[begin : begin + len(text)] = numbers[encoded.indices.to_numpy()]

    def by_position(self, rows: npt.NDArray[np.integer[Any]]) -> Labels:
        """The column of those who stand in these rows."""
        codes, order = in_order(self.codes[rows], len(self.texts))
        return Labels(codes.astype(_narrowest(len(order)), copy=False), self.texts.take(pa.array(order)))


def in_order(codes: npt.NDArray[np.integer[Any]], count: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Numbers in the order of their first places, and which of the former numbers each is; absent ones are left out.

    Args:
        codes: Numbers below `count`.
        count: How many there are.
    """
    first = np.full(count, len(codes), np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # of several the last one written stays
    order = np.argsort(first, kind="stable")[: int(np.count_nonzero(first < len(codes)))]
    number = np.zeros(count, codes.dtype)
    number[order] = np.arange(len(order), dtype=codes.dtype)
    return number[codes], order


def _narrowest(count: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if count <= 256 else np.uint16 if count <= 65_536 else np.uint32


def _of_events(
    index: JourneyIndex, questions: dict[str, _Asked], base: JourneyIndex | None
) -> Iterator[tuple[str, Labels]]:
    numberings = {name: _Numbering(index.total_rows) for name in questions}
    anew, continued = set(questions), set()
    if base is not None:
        for name, question in questions.items():
            before = read_labels(base, Scope.EVENT, question.compiled())
            if before is not None:
                numberings[name].begin(base, before)
                anew.remove(name)
                continued.add(name)
    old = 0 if base is None else len(base.files)
    for asked, files in ((anew, index.files), (continued, index.files[old:])):
        if asked and files:
            columns = {name: questions[name].compiled(f"p{place}_") for place, name in enumerate(sorted(asked))}
            row = files[0].first_row
            for piece in _pieces(stream_files(files, columns)):
                for name in asked:
                    numberings[name].add(row, piece.column(name))
                row += piece.num_rows
            if row != index.total_rows:
                raise WorkspaceDamaged(sentence("the event files have lost rows; run `resa verify`"))
    for name in questions:
        yield name, numberings.pop(name).by_position(index.rows)


def _pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches joined to larger pieces: each looks all texts up that are known so far."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= _PIECE:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _of_customers(index: JourneyIndex, questions: dict[str, _Asked]) -> Iterator[tuple[str, Labels]]:
    if not questions:
        return
    known = read_traits(index)
    nobody = pa.table({"customer": pa.array([2**32 - 1], pa.uint32()), "traits": ["{}"]}, schema=known.schema)
    columns = {name: question.compiled(f"p{place}_") for place, (name, question) in enumerate(questions.items())}
    outputs = ", ".join(f'({compiled.sql}) AS "{name}"' for name, compiled in columns.items())
    parameters = {name: value for compiled in columns.values() for name, value in compiled.parameters.items()}
    with Engine() as engine:
        engine.register("customers", pa.concat_tables([known, nobody]))
        answers = engine.query(f"SELECT {outputs} FROM customers ORDER BY customer", parameters)  # noqa: S608 - compiled
    row_of = np.full(index.customers, known.num_rows, np.int64)
    row_of[known.column("customer").to_numpy()] = np.arange(known.num_rows)
    for name in questions:
        numbering = _Numbering(answers.num_rows)
        numbering.add(0, answers.column(name))
        yield name, numbering.by_position(row_of)


def _write(folder: Path, labels: Labels) -> None:
    temporary = folder.with_name(f".{folder.name}.writing")
    temporary.mkdir(parents=True, exist_ok=True)
    write_array(temporary / "codes.npy", labels.codes.dtype.str, labels.codes)
    table = pa.table({"text": labels.texts})
    with pa.OSFile(str(temporary / "texts.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    flush_file(temporary / "texts.arrow")
    flush_folder(temporary)
    temporary.replace(folder)
    flush_folder(folder.parent)
