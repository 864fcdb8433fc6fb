"""Links and pixels followed over HTTP, until they are in the numbers."""

from __future__ import annotations

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.served import Served, new_shop

import resa
from resa.workspace.bots import events_of_bots
from resa.workspace.tailing import Tail

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SCANNER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def follow(address: str, agent: str, method: str = "GET") -> tuple[int, str | None, bytes]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        connection.request(method, parts.path, headers={"User-Agent": agent})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location"), answer.read()
    finally:
        connection.close()


def test_who_follows_a_link_is_on_the_map_and_a_scanner_is_not(tmp_path: Path) -> None:
    new_shop(tmp_path)
    with Served(tmp_path) as served, resa.open(tmp_path) as shop:
        following = Tail(shop.store)
        assert follow(f"{served.address}/l/AAAA.{'A' * 43}", FIREFOX)[0] == 404  # no link was made yet
        made = shop.links.make(
            "mail", "https://shop.example/p/tea", event="product_added", user_id="u1", server=served.address
        )
        anybody = shop.links.make("posts", "https://shop.example/", server=served.address)
        pixel = shop.links.make("mail", user_id="u1", server=served.address)
        for agent in (FIREFOX, SCANNER, FIREFOX):
            assert follow(made, agent) == (302, "https://shop.example/p/tea", b"")
            assert follow(anybody, agent)[:2] == (302, "https://shop.example/")
        assert follow(made, FIREFOX, "HEAD")[0] == 302
        status, _, picture = follow(pixel, FIREFOX)
        assert (status, picture[:6]) == (200, b"GIF89a")
        assert follow(made[:-1] + ("A" if made[-1] != "A" else "B"), FIREFOX)[0] == 404
        seen: list[tuple[str, str, str]] = []
        began = time.monotonic()
        while len(seen) < 8 and time.monotonic() - began < 60:
            seen += [(one.outcome, one.what, one.more) for one in following.look()]
        assert sorted(seen) == [
            ("bot", "product_added", "user_id u1"),
            ("bot", "product_added", "user_id u1"),
            ("good", "email_opened", "user_id u1"),
            ("good", "link_clicked", ""),
            ("good", "link_clicked", ""),
            ("good", "link_clicked_by_bots", ""),
            ("good", "product_added", "user_id u1"),
            ("good", "product_added", "user_id u1"),
        ]
    assert "8 rows good, 0 rejected, 0 there already" in served.output
    with resa.open(tmp_path) as shop:
        visits = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
        assert visits["cart"] == 2
        bots = [(row["source"], row["event"], row["events"]) for row in events_of_bots(shop.store).to_pylist()]
        assert bots == [("mail", "product_added", 2)]
        numbers = shop.store.rows("daily_numbers").to_pylist()
        assert sorted((row["source_id"], row["number"]) for row in numbers) == [
            ("posts", "link_clicked"),
            ("posts", "link_clicked"),
            ("posts", "link_clicked_by_bots"),
        ]
        assert shop.store.index().events == 3
        assert shop.verify() == []
