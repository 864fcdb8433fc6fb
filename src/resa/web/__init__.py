"""Over HTTP: events in."""

from resa.web.collecting import Collector
from resa.web.hooking import unready
from resa.web.metrics import METRICS
from resa.web.openapi import openapi
from resa.web.sending import Sender
from resa.web.serving import Server

__all__ = ["METRICS", "Collector", "Sender", "Server", "openapi", "unready"]
