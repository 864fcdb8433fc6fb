"""DISCOVER: a first journey map, proposed from events alone, with what supports each proposal.

draft = discover(store, timezone="Europe/Stockholm")
draft.text            # a journey file with comments
draft.journey_map     # the same, read
"""

from resa.discovery.discovering import Draft, discover
from resa.discovery.words import is_draft

__all__ = ["Draft", "discover", "is_draft"]
