"""A workspace whose every text tries to break out of the page that shows it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from resa import workspace

__all__ = ["HOSTILE_MAP", "PIXEL", "hostile"]

EVIL = "</style></svg></title><script>alert(1)</script><img src=x onerror=alert(2)> \" ' {{ 7*7 }} {0} javascript:x"
LONG = "Donaudampfschifffahrt" * 24  # a word of 504 letters
TURNED = "\u202eevil\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \U0001f469\u200d\U0001f4bb\U0001f600"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A whole PNG of one pixel."""

HOSTILE_MAP = f"""\
resa: 1
title: {json.dumps(EVIL)}
language: en
currency: EUR
owner: {json.dumps(EVIL)}
goal: {{from: start, reach: end, within: 7 days, target: 30 %}}
stages:
  all: [start, end, lost]
personas:
  everyone:
    name: {json.dumps(EVIL)}
    about: {json.dumps(TURNED + chr(0xD83D))}
    quote: {json.dumps(LONG)}
    picture: faces/everyone.png
    path: [start, end]
touchpoints:
  end:
    name: {json.dumps(LONG)}
    picture: evil.svg
    actions: [{json.dumps(TURNED)}, {json.dumps(LONG)}, "javascript:alert(4)"]
  lost:
    name: {json.dumps(TURNED, ensure_ascii=False)}
    picture: outside.png
  start:
    name: {json.dumps("Start " + EVIL)}
    owner: {json.dumps(EVIL)}
    expect:
      - next: end
        within: 1 day
        target: 90 %
        owner: {json.dumps(EVIL)}
signals:
  start: {{event: start}}
  end: {{event: end}}
"""

HOSTILE_SOURCES = {
    "events.yaml": (
        "kind: events\npath: events.csv\ncolumns:\n"
        "  occurred_at: at\n  event: what\n  customer: who\n  device: device\n"
    ),
    "answers.yaml": (
        "kind: feedback\npath: answers.csv\nscale: 1-5\ncolumns:\n"
        "  occurred_at: at\n  customer: who\n  touchpoint: about\n  score: score\n  text: words\n"
    ),
}


def hostile(folder: Path) -> workspace.Workspace:
    """Write the workspace, its events not yet collected, and open it."""
    (folder / "sources").mkdir(parents=True)
    (folder / "faces").mkdir()
    (folder / "faces" / "everyone.png").write_bytes(PIXEL)
    (folder / "evil.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(5)</script></svg>')
    (folder.parent / "outside.png").write_bytes(PIXEL)
    (folder / "outside.png").symlink_to(folder.parent / "outside.png")
    (folder / "journey.yaml").write_text(HOSTILE_MAP, encoding="utf-8")
    for name, text in HOSTILE_SOURCES.items():
        (folder / "sources" / name).write_text(text, encoding="utf-8")
    device = '"<script>alert(3)</script>"'
    lines = ["at,what,who,device"]
    for number in range(400):
        day = f"2026-{3 + number // 112:02d}-{1 + number % 28:02d}"
        lines.append(f"{day}T10:00:00Z,start,secret-{number},{device if number % 2 else 'tv'}")
        if number % 2 == 0:
            lines.append(f"{day}T11:00:00Z,end,secret-{number},{device if number % 2 else 'tv'}")
    (folder / "events.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    quoted = '"' + EVIL.replace('"', '""') + ' call 070-123 45 67 or mail me@evil.example"'
    answers = ["at,who,about,score,words", f"2026-03-05T10:00:00Z,secret-1,start,2,{quoted}"]
    answers.append(f"2026-03-06T10:00:00Z,secret-2,nowhere,2,{quoted}")
    (folder / "answers.csv").write_text("\n".join(answers) + "\n", encoding="utf-8")
    return workspace.open(folder)
