"""The how-to of the API is true: every request that it shows is sent, and answered as it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from tests.docs.test_commands import SavedFile, blocks, matches
from tests.support.programs import asking
from tests.support.screens import SECRET

from resa.cli.app import run
from resa.storage import Scope

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "ask_by_http.md"
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCOPES: tuple[Scope, ...] = ("read:numbers", "read:customers", "write:maps", "write:notes", "erase:customers")
HOST = "http://127.0.0.1:8787"


def requests(body: str) -> list[list[str]]:
    """The words of each `curl` of a block."""
    lines = body.replace("\\\n", " ").splitlines()
    return [shlex.split(line.replace("$KEY", "KEY").replace("$ID", "ID"))[1:] for line in lines if "curl" in line]


def test_every_request_of_the_page_is_answered_as_it_says(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = [one.text for one in blocks(text) if not isinstance(one, SavedFile)]
    assert shown[0] == "resa new shop"
    shop = tmp_path / "shop"
    assert run(["new", str(shop)]) == 0
    assert run(["simulate", "--customers", "150", "--seed", "1", "-w", str(shop)]) == 0
    assert run(["collect", "-w", str(shop)]) == 0
    tags: dict[str, str] = {}
    sent, known, last, file = 0, "", "", ""
    with asking(shop, *SCOPES) as program:
        for kind, body in BLOCK.findall(text):
            if kind == "json":
                assert matches(body, last), last
                continue
            for words in requests(body):
                (address,) = (word.removeprefix(HOST) for word in words if word.startswith(HOST))
                said = [words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H"]
                headers = {name: value.replace("KEY", program.key) for name, value in said}
                expected = 422 if "step=cart" in address else 200
                if "If-None-Match" in headers:
                    headers["If-None-Match"], expected = tags[address], 304
                data = words[words.index("-d") + 1] if "-d" in words else None
                data = file if data == "@map.json" else data
                if "If-Match" in headers:
                    headers["If-Match"] = tags[address]
                method = words[words.index("-X") + 1] if "-X" in words else "GET" if data is None else "POST"
                answer = program.client.request(
                    method,
                    address.replace("ID", known),
                    content=data,
                    headers={"x-resa-secret": SECRET, **headers},
                )
                said_well = {200, 201} if expected == 200 else {expected}
                assert answer.status_code in said_well, (address, answer.text)
                file = json.dumps({"text": answer.json()["text"]}) if "map.json" in words else file
                last, sent, tags[address] = answer.text, sent + 1, answer.headers.get("etag", "")
                if address.endswith("/search"):
                    known = answer.json()["data"][0]["id"]
    assert sent == text.count("curl ")
