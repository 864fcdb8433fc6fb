"""Segment's own browser library, as its makers publish it, in a real Chromium, against the real server."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.support.chromium import browser
from tests.support.served import Served, new_shop

import resa

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

PACKAGE = "@segment/analytics-next@1.84.3"

PAGE = """<!doctype html><title>Tea</title><link rel="icon" href="data:,"><script src="/umd/index.js"></script><script>
  const {AnalyticsBrowser} = window.AnalyticsNext
  const batching = location.search === "?batching" ? {strategy: "batching", config: {size: 2, timeout: 200}} : undefined
  const own = batching ? {integrations: {"Segment.io": {deliveryStrategy: batching}}} : {}
  const analytics = AnalyticsBrowser.load({writeKey: "KEY", cdnURL: "ADDRESS"}, own)
  const failed = []
  addEventListener("unhandledrejection", event => failed.push(String(event.reason)))
  async function visit() {
    await analytics.page("shop", "Tea")
    await analytics.track("product_added", {total: 12})
    await analytics.identify("u1", {email: "ann@example.com"})
    await analytics.track("order_completed", {total: 12})
    await new Promise(done => setTimeout(done, 1500))
    return failed
  }
</script>"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library's published files."""
    folder = tmp_path_factory.mktemp("segment")
    npm = shutil.which("npm")
    assert npm, "npm fetches Segment's library: apt install npm"
    subprocess.run([npm, "pack", PACKAGE], cwd=folder, check=True, capture_output=True)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package" / "dist"


@pytest.fixture
def site(package: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    """A shop's own server, at another address than the collector's."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(package))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.nightly
@pytest.mark.parametrize("way", ["", "?batching"])
def test_segments_browser_library_sends_unchanged(
    way: str, package: Path, site: http.server.ThreadingHTTPServer, tmp_path: Path
) -> None:
    key = new_shop(tmp_path)
    with Served(tmp_path) as served, sync_playwright() as playwright:
        page_file = PAGE.replace("KEY", key).replace("ADDRESS", served.address)
        (package / "p").mkdir(exist_ok=True)
        (package / "p" / "tea.html").write_text(page_file, encoding="utf-8")
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = chromium.new_page(user_agent=AGENT)  # its own name says that nobody looks
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://127.0.0.1:{site.server_address[1]}/p/tea.html{way}")
        assert page.evaluate("visit()") == []
        chromium.close()
        assert said == []
        assert all(url.startswith("http://127.0.0.1:") for url in asked), asked
    assert "4 rows good, 0 rejected, 0 there already" in served.output
    with resa.open(tmp_path) as shop:
        events = shop.store.rows("events").sort_by("occurred_at").to_pylist()
        assert [row["event"] for row in events] == ["page", "product_added", "order_completed"]
        assert json.loads(events[0]["properties"])["path"] == "/p/tea.html"
        assert {one["kind"] for one in events[0]["identifiers"]} == {"anonymous_id"}
        assert {one["kind"] for one in events[2]["identifiers"]} == {"user_id", "anonymous_id"}
        assert events[0]["device"] == "desktop"
        visits = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
        assert visits == {"product_page": 1, "cart": 1, "purchase": 1}
        profile = shop.customer("u1")
        assert [event.event for event in profile.seen.timeline[::-1]] == [row["event"] for row in events]
        assert [one.kind for one in profile.identifiers] == ["user_id", "anonymous_id", "email"]
        assert [trait.name for trait in profile.traits] == ["email"]
        assert shop.customer(events[0]["identifiers"][0]["value"]) == profile  # who she was before is she
        assert shop.verify() == []
