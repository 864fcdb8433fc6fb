"""The words of lists of customers behind a number, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_PEOPLE"]

OF_PEOPLE: Final[Mapping[str, str]] = {
    "invite_known": "This address is known already: the link sets a new password, and the role stays as the list says.",
    "people_behind.one": "{n} customer",
    "people_behind.other": "{n} customers",
    "people_not_named": "Your role does not show who they are.",
    "people_shown": "{first}–{last} of {count}",
    "people_list": "The customers",
    "people_called": "Customer",
    "people_when": "When it happened",
    "people_often": "How often",
    "people_last_touchpoint": "Last touchpoint",
    "people_first_seen": "First seen",
    "people_last_seen": "Last seen",
    "people_events": "Events",
    "people_value": "Value of all visits",
    "people_order": "Order",
    "people_order_newest": "Newest first",
    "people_order_oldest": "Oldest first",
    "people_order_most": "Most often first",
    "people_pages": "Pages of the list",
    "people_first_page": "First page",
    "people_next_page": "Next page",
    "times_in_zone": "Times are those of {zone}.",
    "moment_around": "Around {moment}: what came before, and some of what came after.",
    "moment_strip": "The steps about then, oldest first",
    "moment_now": "As it is now",
    "moment_this": "At this moment",
}
