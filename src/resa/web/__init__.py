"""Over HTTP: events in."""

from resa.web.collecting import Collector
from resa.web.serving import serve

__all__ = ["Collector", "serve"]
