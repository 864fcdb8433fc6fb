"""What a simulated system writes down of an event: variables as Arrow columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.simulation.process import PURPOSES, Block
from resa.simulation.randomness import Keys, choose, cumulated, derive, draw, hexadecimal, threshold
from resa.simulation.specification import Rating, Specification, TraitShape, Wait
from resa.simulation.tables import Tables
from resa.simulation.waiting import quantiles, take_quantile

__all__ = ["BUILT_IN", "CustomerRows", "EventRows", "placeholders", "written_time"]

BUILT_IN = ("order", "value", "score", "text")
"""Placeholders that differ from row to row."""

_PLACEHOLDER = re.compile(r"\{([a-z_.]+)\}")
_LISTED = 20  # purposes after PURPOSES.column: the first twenty for variables, then one for each list
_ORDER, _VALUE, _SCORE, _WORDS, _TEXT = range(5)

Whole = npt.NDArray[np.int64]


def placeholders(value: str | float) -> list[str]:
    """Names in braces."""
    return _PLACEHOLDER.findall(value) if isinstance(value, str) else []


def _texts(values: Sequence[str | None], index: npt.NDArray[np.integer]) -> pa.Array:
    """The text of each row from a short list."""
    return pa.array(values, pa.string()).take(pa.array(index, pa.int32()))


def _numbered(prefix: str, numbers: Whole, digits: int) -> pa.Array:
    """`C00012345`."""
    texts = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), texts, pa.scalar(""))


def written_time(seconds: pa.Array, wall: pa.Array, form: str) -> pa.Array:
    """Moments as a system writes them.

    Args:
        seconds: Since 1970-01-01 UTC, i64; null: not known.
        wall: The same in local time.
        form: `utc` (2026-03-02T08:15:00Z), `local` (2026-03-02 09:15:00), `day` (2026-03-02), `clock` (09:15:00),
            `epoch` (milliseconds), or `timestamp` (Arrow, microseconds, UTC).
    """
    if form == "timestamp":
        return seconds.cast(pa.timestamp("s", "UTC")).cast(pa.timestamp("us", "UTC"))
    if form == "epoch":
        return pc.multiply(seconds, 1_000)
    if form not in ("utc", "local", "day", "clock"):
        known = "utc, local, day, clock, epoch, timestamp"
        raise QuestionError(
            sentence("a time cannot be written as '{form}'; write one of {known}", form=form, known=known)
        )
    # The cast writes 2026-03-02 08:15:00, ten times faster than strftime.
    text = (seconds if form == "utc" else wall).cast(pa.timestamp("s")).cast(pa.string())
    if form == "utc":
        date, clock = pc.utf8_slice_codeunits(text, 0, 10), pc.utf8_slice_codeunits(text, 11)
        separated = pc.binary_join_element_wise(date, clock, pa.scalar("T"))
        return pc.binary_join_element_wise(separated, pa.scalar("Z"), pa.scalar(""))
    if form == "day":
        return pc.utf8_slice_codeunits(text, 0, 10)
    return pc.utf8_slice_codeunits(text, 11) if form == "clock" else text


def money(value: npt.NDArray[np.int64], form: str) -> pa.Array:
    """Whole units as a number (`number`), as text with two decimals (`point`, `comma`), or in hundredths (`minor`)."""
    amounts = pa.array(value)
    if form == "number":
        return amounts.cast(pa.float64())
    if form == "minor":
        return pc.multiply(amounts, 100)
    mark = {"point": ".00", "comma": ",00"}.get(form)
    if mark is None:
        raise QuestionError(
            sentence("money cannot be written as '{form}'; write one of number, point, comma, minor", form=form)
        )
    return pc.binary_join_element_wise(amounts.cast(pa.string()), pa.scalar(mark), pa.scalar(""))


@dataclass(frozen=True)
class EventRows:
    """Events of a block that go to one outlet.

    Attributes:
        specification: What they come from.
        tables: The same, compiled.
        block: All events.
        chosen: Positions in the block, in the order in which they are written.
        states: Names of the states that write to this outlet.
        keys: Key of each chosen event; its identity.
    """

    specification: Specification
    tables: Tables
    block: Block
    chosen: npt.NDArray[np.intp]
    states: frozenset[str]
    keys: Keys

    def column(self, written: str) -> pa.Array:
        """One column.

        Args:
            written: A variable, and how it is written where there is a choice: `time as local`, `total as comma`.

        Raises:
            QuestionError: Nothing is known by this name.
        """
        variable, _, form = (part.strip() for part in written.partition(" as "))
        if variable in _COLUMNS:
            return _COLUMNS[variable](self, form)
        return self._field(variable, form or "number")

    @cached_property
    def _state(self) -> npt.NDArray[np.int32]:
        return self.block.state[self.chosen]

    @cached_property
    def _basket(self) -> Keys:
        return self.block.basket[self.chosen]

    def time(self, form: str) -> pa.Array:
        """When it happened."""
        seconds = self.block.time[self.chosen]
        return written_time(pa.array(seconds), pa.array(self.tables.clock.from_utc(seconds)), form or "utc")

    def customer(self, _form: str) -> pa.Array:
        """The customer's number."""
        numbers = self.block.customer[self.chosen].astype(np.int64) + self.block.first + 1
        return _numbered(self.specification.customer, numbers, 8)

    def message(self, _form: str) -> pa.Array:
        """The event's own id."""
        return pa.array(hexadecimal(self.keys), pa.binary()).cast(pa.string())

    def device(self, _form: str) -> pa.Array:
        """The device."""
        return _texts(self.tables.devices, self.block.device[self.chosen])

    def channel(self, _form: str) -> pa.Array:
        """The channel."""
        return _texts(*channel_codes(self.specification, self._state, self.block.device[self.chosen]))

    def state(self, _form: str) -> pa.Array:
        """Name of the state."""
        return _texts(self.tables.states, self._state)

    def basket(self, _form: str) -> pa.Array:
        """One value for everything that belongs to the same basket."""
        return pa.array(hexadecimal(self._basket), pa.binary()).cast(pa.string())

    def _field(self, name: str, form: str) -> pa.Array:
        """A field of the states, empty where a state does not have it."""
        fields = {state: self.specification.states[state].fields.get(name) for state in sorted(self.states)}
        given = {state: value for state, value in fields.items() if value is not None}
        if not given:
            raise QuestionError(sentence("no state that writes here has the field '{name}'", name=name))
        whole = {str(value).strip("{}") for value in given.values()} & set(BUILT_IN)
        if whole:
            return self._built_in(whole.pop(), form, frozenset(given))
        return self._templates(given)

    def _built_in(self, name: str, form: str, states: frozenset[str]) -> pa.Array:
        has = np.isin(self._state, [self.tables.states.index(state) for state in states])
        if name == "order":
            number = (derive(self._basket, PURPOSES.column + _ORDER) % np.uint64(10**12)).astype(np.int64)
            column = _numbered("", number, 12)
        elif name == "value":
            column = money(self.value(), form)
        else:
            column, known = self._rated(name)
            has &= known
        return pc.if_else(pa.array(has), column, pa.scalar(None, column.type))

    def value(self) -> Whole:
        """What each event's basket is worth, whole units of the currency."""
        amount = self.specification.value
        # Hundredths in the table, so that rounding to whole units comes last.
        table = quantiles(Wait(median=round(amount.median * 100), spread=amount.spread))[None, :]
        rows = np.zeros(len(self._basket), dtype=np.int64)
        drawn = take_quantile(table, rows, self._basket, PURPOSES.column + _VALUE)
        factors = np.array([round(shape.value * 1_000) for shape in self.specification.personas.values()])
        persona = self.block.persona[self.block.customer[self.chosen]]
        worth: Whole = np.maximum(1, drawn * factors[persona] // 100_000)
        return worth

    def _rated(self, name: str) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
        """Scores or texts, and where there are any."""
        scores = np.zeros(len(self._state), dtype=np.int64)
        texts: list[str] = [""]
        words = np.zeros(len(self._state), dtype=np.int64)
        slow = self.block.slow[self.chosen]
        for state in sorted(self.states):
            rating = self.specification.states[state].rating
            if rating is None:
                continue
            here = self._state == self.tables.states.index(state)
            for late in (False, True):
                chosen = np.flatnonzero(here & (slow == late))
                scores[chosen] = _scores(rating, self._basket[chosen], late=late)
                words[chosen] = _words(rating, scores[chosen], self._basket[chosen], texts, late=late)
        if name == "score":
            return pa.array(scores), scores > 0
        return _texts(texts, words), words > 0

    def _templates(self, given: Mapping[str, str | float]) -> pa.Array:
        """Texts with one placeholder of a list each, or plain numbers."""
        values: list[str | float | None] = [None]
        base = np.zeros(len(self.tables.states), dtype=np.int64)
        index = np.zeros(len(self._state), dtype=np.int64)
        for state, template in given.items():
            code = self.tables.states.index(state)
            base[code] = len(values)
            names = placeholders(template)
            if not names:
                values.append(template)
                continue
            list_name, _, _key = names[0].partition(".")
            entries = self.specification.lists[list_name]
            values.extend(_filled(str(template), list_name, entry) for entry in entries)
            here = self._state == code
            index[here] = self._listed(list_name, self._basket[here])
        numeric = all(value is None or isinstance(value, int | float) for value in values)
        typed = values if numeric else [None if value is None else str(value) for value in values]
        return pa.array(typed).take(pa.array(base[self._state] + index))

    def _listed(self, name: str, baskets: Keys) -> npt.NDArray[np.int64]:
        """Number of the entry of a list that each basket has."""
        weights = [float(entry.get("weight", 1)) for entry in self.specification.lists[name]]
        purpose = PURPOSES.column + _LISTED + list(self.specification.lists).index(name)
        return choose(cumulated(weights, certain=True), baskets, purpose)


_COLUMNS: Mapping[str, Callable[[EventRows, str], pa.Array]] = {
    "time": EventRows.time,
    "customer": EventRows.customer,
    "message": EventRows.message,
    "device": EventRows.device,
    "channel": EventRows.channel,
    "state": EventRows.state,
    "basket": EventRows.basket,
}


def channel_codes(
    specification: Specification, state: npt.NDArray[np.int32], device: npt.NDArray[np.int32]
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Channels by number, and the number of each event's."""
    by_device = list(specification.channels.values())
    own = [shape.channel for shape in specification.states.values()]
    names = tuple(dict.fromkeys([*by_device, *(channel for channel in own if channel != "device")]))
    of_state = np.array([-1 if channel == "device" else names.index(channel) for channel in own])
    of_device = np.array([names.index(channel) for channel in by_device])
    fixed = of_state[state]
    return names, np.where(fixed >= 0, fixed, of_device[device])


def _filled(template: str, list_name: str, entry: Mapping[str, str | float]) -> str | float:
    """A placeholder alone keeps its type; inside a text it becomes text."""
    if _PLACEHOLDER.fullmatch(template):
        return entry.get(template[1:-1].removeprefix(f"{list_name}."), "")
    return _PLACEHOLDER.sub(lambda match: str(entry.get(match[1].removeprefix(f"{list_name}."), "")), template)


def _scores(rating: Rating, baskets: Keys, *, late: bool) -> Whole:
    """A score for each basket; 0 where none is given."""
    weights = rating.slow if late and rating.slow else rating.scores
    limits = cumulated(list(weights.values()), certain=True)
    values = np.array(list(weights), dtype=np.int64)
    given = draw(baskets, PURPOSES.column + _WORDS) < threshold(rating.answered)
    return np.where(given, values[choose(limits, baskets, PURPOSES.column + _SCORE)], 0)


def _words(rating: Rating, scores: Whole, baskets: Keys, texts: list[str], *, late: bool) -> Whole:
    """Number in `texts`, which is added to, of what each customer writes; 0 for nothing."""
    result = np.zeros(len(scores), dtype=np.int64)
    writes = (scores > 0) & (draw(baskets, PURPOSES.column + _TEXT) < threshold(rating.worded))
    lowest = min(rating.scores)
    highest = max(rating.scores)
    for score in np.unique(scores[writes]):
        # Who waited long and is not happy writes of the wait.
        unhappy = late and score - lowest <= (highest - lowest) // 2
        known = rating.texts.get("slow" if unhappy and "slow" in rating.texts else str(score), ())
        if not known:
            continue
        chosen = np.flatnonzero(writes & (scores == score))
        pick = derive(baskets[chosen], PURPOSES.column + _TEXT + 1) % np.uint64(len(known))
        result[chosen] = len(texts) + pick.astype(np.int64)
        texts.extend(known)
    return result


@dataclass(frozen=True)
class CustomerRows:
    """The customers of a block and what is known of them."""

    specification: Specification
    tables: Tables
    block: Block

    def column(self, written: str) -> pa.Array:
        """`customer`, `time` (of the export: the first moment of the data), or a trait.

        Raises:
            QuestionError: Nothing is known by this name.
        """
        variable, _, form = (part.strip() for part in written.partition(" as "))
        count = len(self.block.keys)
        if variable == "customer":
            numbers = np.arange(count, dtype=np.int64) + self.block.first + 1
            return _numbered(self.specification.customer, numbers, 8)
        if variable == "time":
            moment = np.full(count, self.tables.start, dtype=np.int64)
            return written_time(pa.array(moment), pa.array(self.tables.clock.from_utc(moment)), form or "utc")
        if variable == "persona":
            return _texts(self.tables.personas, self.block.persona)
        return self.trait(variable)

    def trait(self, name: str) -> pa.Array:
        """A trait, drawn as its shape says; null for personas that do not have it."""
        names = self.specification.trait_names
        if name not in names:
            raise QuestionError(
                sentence("no trait '{name}' is simulated; there are {names}", name=name, names=", ".join(names))
            )
        common = self.specification.traits.get(name)
        shapes = [shape.traits.get(name, common) for shape in self.specification.personas.values()]
        purpose = PURPOSES.trait + names.index(name)
        parts = [_trait(shape, self.block.keys, purpose) for shape in shapes]
        column = parts[0]
        for number, part in enumerate(parts[1:], start=1):
            column = pc.if_else(pa.array(self.block.persona == number), part, column)
        return column


def _trait(shape: TraitShape | None, keys: Keys, purpose: int) -> pa.Array:
    if shape is None:
        return pa.nulls(len(keys))
    if shape.between is None:
        limits = cumulated(list(shape.choices.values()), certain=True)
        return _texts(list(shape.choices), choose(limits, keys, purpose))
    scale = 10**shape.decimals
    low, high = round(shape.between[0] * scale), round(shape.between[1] * scale)
    drawn = low + (derive(keys, purpose) % np.uint64(high - low + 1)).astype(np.int64)
    return pa.array(drawn if shape.decimals == 0 else drawn / scale)
