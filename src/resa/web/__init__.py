"""Over HTTP: events in."""

from resa.web.collecting import Collector
from resa.web.hooking import unready
from resa.web.metrics import METRICS
from resa.web.openapi import openapi
from resa.web.sending import Sender
from resa.web.serving import Server
from resa.web.setting_up import needs_setup, new_setup

__all__ = ["METRICS", "Collector", "Sender", "Server", "needs_setup", "new_setup", "openapi", "unready"]
