"""How things are called and written on the page: names instead of keys, numbers as the map's readers write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from resa.drawing import (
    format_count,
    format_day,
    format_decimal,
    format_duration,
    format_money,
    format_percent,
    format_seconds,
)
from resa.model.journey import Expectation, JourneyMap
from resa.reporting.words import Words, words_in

__all__ = ["Teller"]


@dataclass(frozen=True)
class Teller:
    """Says things about one map, in its language.

    Attributes:
        map: The map.
    """

    map: JourneyMap

    @property
    def words(self) -> Words:
        """The page's words."""
        return words_in(self.map.language)

    @property
    def language(self) -> str:
        """Of the page's words, and so of its numbers and dates: the map's, or English where there is no catalogue."""
        return self.words.language

    def name(self, key: str) -> str:
        """A touchpoint, stage or persona by its name for people; what the map does not know stays as it is."""
        if key in self.map.touchpoint:
            return self.map.touchpoint[key].name
        stages = {stage.key: stage.name for stage in self.map.stages}
        return stages.get(key, key)

    def persona(self, key: str) -> str:
        """A persona's name."""
        return self.map.persona[key].name if key in self.map.persona else key

    def any_of(self, keys: Sequence[str]) -> str:
        """`Cart`, or `First order, Purchase in a store or Cart`."""
        names = [self.name(key) for key in keys]
        if len(names) < 2:
            return "".join(names)
        return self.words.any_of.format(first=", ".join(names[:-1]), last=names[-1])

    def next(self, arrow: Expectation) -> str:
        """What an arrow expects: the stage where a whole stage was written, else the touchpoints."""
        for stage in self.map.stages:
            if stage.key == arrow.written and stage.touchpoints == arrow.next:
                return stage.name
        return self.any_of(arrow.next)

    def sentence(self, arrow: Expectation) -> str:
        """`After Cart we expect Checkout within 4 h`."""
        template = self.words.sentence_promise if arrow.kind == "promise" else self.words.sentence_expectation
        within = format_duration(arrow.within, self.language)
        sentence = template.format(after=self.name(arrow.after), next=self.next(arrow), time=within)
        if arrow.unless:
            sentence += ", " + self.words.unless.format(what=self.any_of(arrow.unless))
        return sentence

    def group(self, attribute: str, value: str) -> str:
        """A group of openings: `mobile`, `Gift buyer`, `region north`."""
        if attribute == "persona":
            return self.words.of_persona.format(value=self.persona(value))
        if attribute == "channel":
            names = {channel.key: channel.name for channel in self.map.channels}
            return self.words.of_channel.format(value=names.get(value, value))
        if attribute == "device":
            return self.words.of_device.format(value=value)
        name = attribute.partition(".")[2].replace("_", " ")
        return self.words.of_attribute.format(name=name, value=value)

    def place(self, arrow: Expectation, group: str = "") -> str:
        """`Checkout to First order, mobile`."""
        template = self.words.place_of if group else self.words.place
        return template.format(after=self.name(arrow.after), next=self.next(arrow), group=group)

    def when(self, since: date | None, until: date | None) -> str:
        """` since 3 Aug 2026`, if it goes on, else ` from 3 Aug 2026 to 30 Aug 2026`; empty for all time."""
        if since is None:
            return ""
        if until is None:
            return self.words.since.format(since=self.day(since))
        return self.words.between.format(since=self.day(since), until=self.day(until))

    def count(self, number: float) -> str:
        """A whole number."""
        return format_count(number, self.language)

    def customers(self, number: int) -> str:
        """`1,204 customers`."""
        return self._several(self.words.customers_one, self.words.customers_other, number)

    def visits(self, number: int) -> str:
        """`1,204 visits`."""
        return self._several(self.words.visits_one, self.words.visits_other, number)

    def scores(self, number: int) -> str:
        """`1,204 scores`."""
        return self._several(self.words.scores_one, self.words.scores_other, number)

    def comments(self, number: int) -> str:
        """`1,204 comments`."""
        return self._several(self.words.comments_one, self.words.comments_other, number)

    def answers(self, number: int) -> str:
        """`1,204 answers`."""
        return self._several(self.words.answers_one, self.words.answers_other, number)

    def _several(self, one: str, other: str, number: int) -> str:
        return (one if number == 1 else other).format(n=self.count(number))

    def percent(self, share: float | None) -> str:
        """A share; a dash where there is none."""
        return "–" if share is None else format_percent(share, self.language)

    def decimal(self, number: float) -> str:
        """A number with at most one decimal."""
        return format_decimal(number, self.language)

    def seconds(self, length: float | None) -> str:
        """A measured time; a dash where there is none."""
        return "–" if length is None else format_seconds(length, self.language)

    def money(self, hundredths: int) -> str:
        """An amount in the map's currency, rounded to three digits that count: it is an upper limit, not an account."""
        return format_money(hundredths / 100, self.map.currency, self.language)

    def day(self, moment: date) -> str:
        """`14 Sep 2026`; of a moment its day in the map's zone."""
        return format_day(self.local(moment), self.language)

    def local(self, moment: date) -> date:
        """The day of a moment in the map's zone; a day stays as it is."""
        if isinstance(moment, datetime):
            return moment.astimezone(ZoneInfo(self.map.timezone)).date()
        return moment
