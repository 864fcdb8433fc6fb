"""What of a map's wall is looked at: every look is a link, with the text beside it or without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from resa.model.journey import JourneyMap

__all__ = ["Look"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is opened of a wall, one thing at most; and whether its text stands beside it.

    Attributes:
        touchpoint: Key of the touchpoint whose form is opened.
        stage: Key of the stage whose form is.
        arrow: Name of the expectation or promise whose form is.
        draw: Where a new arrow starts is being chosen.
        start: Key of the touchpoint where a new arrow starts.
        end: Key of the touchpoint or stage to which it leads; as long as there is none, it is being chosen.
        text: The map's text stands beside the wall.
    """

    touchpoint: str = ""
    stage: str = ""
    arrow: str = ""
    draw: bool = False
    start: str = ""
    end: str = ""
    text: bool = False

    @classmethod
    def of_form(cls, data: Mapping[str, str]) -> Self:
        """What was looked at when a form of the wall was sent."""
        start, end = data.get("from", ""), data.get("to", "")
        return cls(
            touchpoint=data.get("touchpoint", ""),
            stage=data.get("stage", ""),
            arrow=data.get("arrow", ""),
            start=start,
            end=end if start else "",
            text=bool(data.get("text")) or data.get("do") == "write_text",
        )

    def on(self, journey_map: JourneyMap) -> Look:
        """The same on a map, on which not everything need be that an address names."""
        stages = {one.key for one in journey_map.stages}
        start = self.start if self.start in journey_map.touchpoint else ""
        return Look(
            touchpoint=self.touchpoint if self.touchpoint in journey_map.touchpoint else "",
            stage=self.stage if self.stage in stages else "",
            arrow=self.arrow if self.arrow in journey_map.expectation else "",
            draw=self.draw and not start,
            start=start,
            end=self.end if start and self.end in stages | set(journey_map.touchpoint) else "",
            text=self.text,
        )

    @property
    def drawing(self) -> bool:
        """Whether one end of a new arrow is being chosen, so that a click on the wall chooses it."""
        return self.draw or bool(self.start and not self.end)

    @property
    def address(self) -> dict[str, str]:
        """What an address says of it."""
        said = {"touchpoint": self.touchpoint, "stage": self.stage, "arrow": self.arrow, "draw": self.draw and "1"}
        said |= {"from": self.start, "to": self.end, "text": self.text and "1"}
        return {name: value for name, value in said.items() if value}

    def to(self, **words: str) -> str:
        """The link to another look, with the text beside it if it is now; words as in an address."""
        return f"?{urlencode(words | ({'text': '1'} if self.text else {}))}"

    def with_text(self, shown: str) -> str:
        """The link to the same look, with the text beside it (`1`) or without (nothing)."""
        return f"?{urlencode({name: value for name, value in (self.address | {'text': shown}).items() if value})}"

    def cell(self, touchpoint: str, lane: str = "opened") -> str:
        """Where a click on a touchpoint leads: to its form, or to what is drawn."""
        if self.draw:
            return self.to(**{"from": touchpoint})
        if self.drawing:
            return self.to(**{"from": self.start, "to": touchpoint}) + "#opened"
        return f"{self.to(touchpoint=touchpoint)}#{lane}"

    def head(self, stage: str) -> str:
        """Where a click on a stage leads: an arrow may lead to one, but starts at a touchpoint."""
        if self.start and self.drawing:
            return self.to(**{"from": self.start, "to": stage}) + "#opened"
        return f"{self.to(stage=stage)}#opened"
