"""Over HTTP: events in."""

from resa.web.collecting import Collector
from resa.web.serving import Server

__all__ = ["Collector", "Server"]
