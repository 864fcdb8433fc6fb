"""Texts of strangers are shown, and command nothing."""

from __future__ import annotations

import pyarrow as pa

from resa.analytics import table_text
from resa.base.showing import harmless


def test_no_text_of_a_stranger_commands_a_terminal() -> None:
    hostile = "a\x1b]0;owned\x07b\x9b2Jc\r\nforged\u202eline\N{NO-BREAK SPACE}é👩\u200d💻"
    shown = "a�]0;owned�b�2Jc��forged�line\N{NO-BREAK SPACE}é👩\u200d💻"
    assert harmless(hostile) == shown
    assert table_text(pa.table({"event": [hostile]})).splitlines() == ["event", shown]
