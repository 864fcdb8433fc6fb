"""How things are called and written on the page: names instead of keys, numbers as the map's readers write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from resa.base.language import said_in
from resa.drawing import (
    format_any_of,
    format_count,
    format_day,
    format_decimal,
    format_money,
    format_percent,
    format_seconds,
    format_within,
)
from resa.drawing import say as say_of_pictures
from resa.model.journey import Expectation, JourneyMap
from resa.model.verdicts import Verdict
from resa.reporting.words import say, say_count

__all__ = ["Teller"]


@dataclass(frozen=True)
class Teller:
    """Says things about one map, in its language.

    Attributes:
        map: The map.
    """

    map: JourneyMap

    @property
    def language(self) -> str:
        """Of the page's words, and so of its numbers and dates: the map's, or English where there is no catalogue."""
        return said_in(self.map.language)

    def say(self, key: str, **values: object) -> str:
        """The page's words for `key`."""
        return say(key, self.language, **values)

    def several(self, key: str, number: int, **values: object) -> str:
        """The page's words for so many things: `1,204 customers`."""
        return say_count(key, self.language, number, self.count(number), **values)

    def verdict(self, verdict: Verdict, target: float | None = None) -> str:
        """What a share says about its target, in the words of the map's drawing: `below target`, `below target 45%`."""
        if target is not None and verdict in {"met", "near", "below"}:
            return say_of_pictures(f"target.{verdict}", self.language, share=self.percent(target))
        return say_of_pictures(f"verdict.{verdict}", self.language)

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
        return format_any_of([self.name(key) for key in keys], self.language)

    def next(self, arrow: Expectation) -> str:
        """What an arrow expects: the stage where a whole stage was written, else the touchpoints."""
        for stage in self.map.stages:
            if stage.key == arrow.written and stage.touchpoints == arrow.next:
                return stage.name
        return self.any_of(arrow.next)

    def sentence(self, arrow: Expectation) -> str:
        """`After Cart we expect Checkout within 4 h`."""
        sentence = self.say(
            f"sentence_{arrow.kind}",
            after=self.name(arrow.after),
            next=self.next(arrow),
            within=format_within(arrow.within, self.language),
        )
        if arrow.unless:
            sentence += ", " + self.say("unless", what=self.any_of(arrow.unless))
        return sentence

    def group(self, attribute: str, value: str) -> str:
        """A group of openings: `mobile`, `Gift buyer`, `region north`."""
        if attribute == "persona":
            return self.persona(value)
        if attribute == "channel":
            names = {channel.key: channel.name for channel in self.map.channels}
            return names.get(value, value)
        if attribute == "device":
            return value
        name = attribute.partition(".")[2].replace("_", " ")
        return self.say("of_attribute", name=name, value=value)

    def place(self, arrow: Expectation, group: str = "") -> str:
        """`Checkout to First order, mobile`."""
        return self.say(
            "place_of" if group else "place", after=self.name(arrow.after), next=self.next(arrow), group=group
        )

    def when(self, since: date | None, until: date | None) -> str:
        """` since 3 Aug 2026`, if it goes on, else ` from 3 Aug 2026 to 30 Aug 2026`; empty for all time."""
        if since is None:
            return ""
        if until is None:
            return self.say("since", since=self.day(since))
        return self.say("between", since=self.day(since), until=self.day(until))

    def count(self, number: float) -> str:
        """A whole number."""
        return format_count(number, self.language)

    def customers(self, number: int) -> str:
        """`1,204 customers`."""
        return self.several("customers", number)

    def visits(self, number: int) -> str:
        """`1,204 visits`."""
        return self.several("visits", number)

    def scores(self, number: int) -> str:
        """`1,204 scores`."""
        return self.several("scores", number)

    def comments(self, number: int) -> str:
        """`1,204 comments`."""
        return self.several("comments", number)

    def answers(self, number: int) -> str:
        """`1,204 answers`."""
        return self.several("answers", number)

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
