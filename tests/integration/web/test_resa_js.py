"""`resa.js` in a real Chromium, on the pages of a shop, sending to the real server at another address."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from tests.support.chromium import browser as chromium
from tests.support.served import Served, new_shop

import resa
from resa.storage import make_key
from resa.web.snippet import snippet
from resa.workspace.bots import events_of_bots

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

BODY = """
<p style="height: 3000px">Tea</p>
<button data-resa-event="quiz_finished" data-resa-score="7" data-resa-tea-kind="green">End</button>
<a id="out" href="http://other.example/help/you?mail=ann@example.com" target="_blank">Out</a>
<a id="price" href="/files/prices.PDF?token=secret" target="_blank">Prices</a>
<a id="in" href="/p/oolong">In</a>
<form id="signup" action="/in" onsubmit="event.preventDefault()">
  <input name="id" value="ann@example.com"><button>Go</button>
</form>
"""


@dataclass
class Site:
    """A shop's own pages, at an address of their own."""

    collector: str
    key: str
    attributes: str = ""
    before: str = ""
    address: str = ""

    def page(self) -> str:
        script = f'<script async src="{self.collector}/resa.js" data-key="{self.key}" {self.attributes}></script>'
        return f'<!doctype html><title>Tea</title><link rel="icon" href="data:,">{self.before}{script}{BODY}'


@dataclass
class Visit:
    """A browser of one visitor, and what it sent."""

    context: BrowserContext
    requests: list[Request] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(address)
        page.wait_for_function("typeof window.resa?.consent === 'function'")
        return page

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Calls, without those that a request repeated."""
        bodies = [json.loads(one.post_data or "{}") for one in self.requests if one.method == "POST"]
        return list({call["messageId"]: call for body in bodies for call in body["batch"]}.values())

    def names(self) -> list[str]:
        return [call.get("event", call["type"]) for call in self.sent]

    def wait_for(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """Calls of a name, once there are so many."""
        (page, *_) = self.context.pages
        began = time.monotonic()
        while True:
            found = [call for call in self.sent if call.get("event", call["type"]) == name]
            if len(found) >= count:
                return found
            assert time.monotonic() - began < 60, self.names()
            page.wait_for_timeout(50)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-blink-features=AutomationControlled"]
        opened = playwright.chromium.launch(executable_path=chromium(), args=quiet)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("shop")
    new_shop(folder)
    with Served(folder) as found:
        yield found


@pytest.fixture
def site(served: Served, request: pytest.FixtureRequest) -> Iterator[Site]:
    name = request.node.name.removeprefix("test_").partition("[")[0]
    with resa.open(served.folder) as shop:
        found = Site(served.address, make_key(shop.store, request.node.name, source_id=name))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(found.page().encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield found
        server.shutdown()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def make(**options: Any) -> Visit:
        visits.append(Visit(browser.new_context(user_agent=AGENT, **options)))
        sent = visits[-1].requests
        visits[-1].context.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - it marks what it is given
        return visits[-1]

    yield make
    for visit in visits:
        visit.context.close()
        assert visit.errors == []


def stored(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("({...localStorage, ...sessionStorage})")
    return found


def events_of(served: Served, source: str, count: int) -> list[dict[str, Any]]:
    """What the index's files hold of a source, once it is so much."""
    began = time.monotonic()
    with resa.open(served.folder) as shop:
        while True:
            rows = shop.store.rows("events").to_pylist()
            found = [row for row in rows if row["source_id"] == source]
            if len(found) >= count:
                return sorted(found, key=lambda row: (row["occurred_at"], row["sequence"]))
            assert time.monotonic() - began < 60, found
            time.sleep(0.1)


def test_consent(site: Site, served: Served, visitor: Callable[..., Visit]) -> None:
    """Before it nothing is stored or sent; with it the map counts the visit; withdrawn, nothing is left."""
    visit = visitor()
    page = visit.open(f"{site.address}/p/tea?utm_source=mail&utm_campaign=spring&email=ann@example.com#top")
    page.evaluate("resa.track('too_early'); resa.identify('ann'); resa.reset()")
    page.mouse.move(50, 50)
    page.wait_for_timeout(800)
    assert stored(page) == {}
    assert visit.context.cookies() == []
    assert [one.url for one in visit.requests if site.address not in one.url] == [f"{served.address}/resa.js"]

    page.evaluate("resa.consent(true); resa.track('product_added', {total: 12})")
    visit.wait_for("product_added")
    who = json.loads(stored(page)["resa"])["id"]
    assert len(who) == 32
    assert visit.context.cookies() == []
    assert visit.names() == ["page", "product_added"]
    page.close()

    page = visit.open(f"{site.address}/p/oolong")
    page.evaluate("resa.identify(17, {email: 'ann@example.com'}); resa.track('order_completed', {total: 12})")
    visit.wait_for("order_completed")
    page.evaluate("resa.consent(false); resa.track('too_late')")
    assert stored(page) == {}
    page.goto(f"{site.address}/p/assam")
    page.wait_for_timeout(800)
    assert {"too_early", "too_late"}.isdisjoint(visit.names())
    assert len(visit.wait_for("page")) == 2
    assert all(call["anonymousId"] == who for call in visit.sent)

    events = [row for row in events_of(served, "consent", 4) if row["event"] != "page_engaged"]
    assert [row["event"] for row in events] == ["page", "product_added", "page", "order_completed"]
    said = [json.loads(row["properties"]) for row in events]
    assert said[0] == {
        "path": "/p/tea",
        "search": "",
        "url": f"{site.address}/p/tea",
        "title": "Tea",
        "referrer": "",
        "context": {"campaign": {"source": "mail", "name": "spring"}},
    }
    assert "ann@example.com" not in json.dumps(said)
    assert {(row["channel"], row["device"]) for row in events} == {("web", "desktop")}
    assert {one["kind"]: one["value"] for one in events[-1]["identifiers"]} == {"user_id": "17", "anonymous_id": who}
    with resa.open(served.folder) as shop:
        began, counted = time.monotonic(), dict[str, int]()
        while "purchase" not in counted:  # stored first, and counted when the index is published
            assert time.monotonic() - began < 60, counted
            counted = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
    assert counted["cart"] == 1
    assert counted["purchase"] == 1


@pytest.mark.parametrize("signal", ["globalPrivacyControl = true", "doNotTrack = '1'"])
def test_a_signal_of_the_browser_is_a_no(site: Site, visitor: Callable[..., Visit], signal: str) -> None:
    visit = visitor()
    name, _, value = signal.partition(" = ")
    visit.context.add_init_script(f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})")
    visit.context.add_init_script("""localStorage.setItem("resa", '{"id": "of an earlier yes"}')""")
    page = visit.open(site.address)
    assert stored(page) == {}
    page.evaluate("resa.consent(true); resa.track('no')")
    page.wait_for_timeout(800)
    assert stored(page) == {}
    assert visit.sent == []


def test_categories_and_calls_before_the_script_is_there(site: Site, visitor: Callable[..., Visit]) -> None:
    site.attributes = 'data-consent="statistics"'
    site.before = """<script>window.resa = []
      resa.push(["consent", {statistics: answer(), marketing: true}], ["track", "early", {n: 1}])
      function answer() { return location.hash === "#yes" }</script>"""
    no = visitor()
    assert stored(no.open(site.address)) == {}
    yes = visitor()
    page = yes.open(f"{site.address}#yes")
    page.evaluate("resa.push(['track', 'later'])")
    yes.wait_for("later")
    assert yes.names() == ["page", "early", "later"]
    assert no.sent == []


def test_pages_of_an_application_of_one_page(site: Site, visitor: Callable[..., Visit]) -> None:
    site.attributes = 'data-query="q"'
    visit = visitor()
    page = visit.open(site.address)
    page.evaluate("resa.consent(true)")
    page.evaluate("history.pushState({}, '', '/p/oolong?q=green&token=secret'); document.title = 'Oolong'")
    page.wait_for_timeout(50)
    page.evaluate("history.replaceState({}, '', '/p/oolong?q=green&token=other#reviews')")  # the same page
    page.wait_for_timeout(50)
    page.evaluate("history.back()")
    seen = [call["properties"] for call in visit.wait_for("page", 3)]
    assert [(one["path"], one["search"], one["title"]) for one in seen] == [
        ("/", "", "Tea"),
        ("/p/oolong", "?q=green", "Oolong"),
        ("/", "", "Oolong"),
    ]
    assert [one["referrer"] for one in seen] == ["", f"{site.address}/", f"{site.address}/p/oolong?q=green"]
    assert "secret" not in json.dumps(visit.sent)


def test_engaged_time(site: Site, visitor: Callable[..., Visit]) -> None:
    """Each sign of life counts for half a minute at most; what is in the background does not count."""
    visit = visitor()
    page = visit.context.new_page()
    page.clock.install()
    page.goto(f"{site.address}/p/tea")
    page.wait_for_function("typeof window.resa?.consent === 'function'")
    page.clock.pause_at(time.time() + 3600)
    page.evaluate("resa.consent(true)")
    page.mouse.move(1, 1)
    hidden = "Object.defineProperty(document, 'hidden', {get: () => %s, configurable: true})"
    switch = "document.dispatchEvent(new Event('visibilitychange'))"
    page.clock.run_for(10_000)
    page.mouse.move(2, 2)
    page.clock.run_for(20_000)
    page.mouse.move(3, 3)
    page.clock.run_for(600_000)
    page.evaluate(f"{hidden % 'true'}; {switch}")
    page.clock.run_for(5_000)
    page.evaluate(f"{hidden % 'false'}; {switch}")
    page.clock.run_for(7_000)
    page.evaluate("history.pushState({}, '', '/p/oolong')")
    page.clock.run_for(1_000)
    page.clock.resume()
    seconds = [call["properties"] for call in visit.wait_for("page_engaged", 2)]
    assert seconds == [{"path": "/p/tea", "seconds": 60}, {"path": "/p/tea", "seconds": 7}]


def test_what_happens_last_is_sent_when_the_page_is_left(
    site: Site, served: Served, visitor: Callable[..., Visit]
) -> None:
    visit = visitor()
    page = visit.open(f"{site.address}/p/tea")
    page.evaluate("resa.consent(true)")
    page.wait_for_timeout(1500)
    page.evaluate("resa.track('last'); location.href = '/p/oolong'")
    events = events_of(served, "what_happens_last_is_sent_when_the_page_is_left", 4)
    assert sorted(row["event"] for row in events) == ["last", "page", "page", "page_engaged"]
    (engaged,) = [json.loads(row["properties"]) for row in events if row["event"] == "page_engaged"]
    assert 1 <= engaged["seconds"] < 8
    assert engaged["path"] == "/p/tea"


CLICKS = ["button[data-resa-event]", "#out", "#price", "#signup button"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", ["quiz_finished"]),
        ("data-clicks", ["quiz_finished", "outbound_link_clicked", "file_downloaded"]),
        ("data-forms", ["quiz_finished", "form_submitted"]),
    ],
)
def test_clicks_and_forms_are_measured_when_asked_for(
    site: Site, visitor: Callable[..., Visit], attributes: str, expected: list[str]
) -> None:
    site.attributes = attributes
    visit = visitor()
    visit.context.route("http://other.example/**", lambda route: route.fulfill(body="elsewhere"))
    page = visit.open(site.address)
    page.evaluate("resa.consent(true)")
    for place in CLICKS:
        page.click(place)
        page.bring_to_front()
    page.evaluate("resa.track('end')")
    visit.wait_for("end")
    said = {call["event"]: call.get("properties") for call in visit.sent if call["type"] == "track"}
    assert [name for name in said if name not in {"page_engaged", "end"}] == expected
    assert said["quiz_finished"] == {"score": "7", "teaKind": "green"}
    if "data-clicks" in attributes:
        assert said["outbound_link_clicked"] == {"host": "other.example", "path": "/help/you"}
        assert said["file_downloaded"] == {"host": site.address.removeprefix("http://"), "path": "/files/prices.PDF"}
    if "data-forms" in attributes:
        assert said["form_submitted"] == {"form": "signup", "path": "/"}
    assert "ann@example.com" not in json.dumps(visit.sent)
    assert "secret" not in json.dumps(visit.sent)


def test_what_is_said_without_a_network_is_sent_with_it(
    site: Site, served: Served, visitor: Callable[..., Visit]
) -> None:
    visit = visitor()
    page = visit.open(site.address)
    page.evaluate("resa.consent(true)")
    visit.wait_for("page")
    visit.context.set_offline(True)
    for number in range(45):  # more than one request holds
        page.evaluate(f"resa.track('n{number}')")
    page.wait_for_timeout(1500)
    visit.context.set_offline(False)
    events = events_of(served, "what_is_said_without_a_network_is_sent_with_it", 46)
    assert sorted(row["event"] for row in events) == sorted(["page", *(f"n{number}" for number in range(45))])


def test_a_withdrawal_drops_what_was_not_sent(site: Site, visitor: Callable[..., Visit]) -> None:
    visit = visitor()
    page = visit.open(site.address)
    page.evaluate("resa.consent(true)")
    visit.wait_for("page")
    visit.context.set_offline(True)
    page.evaluate("resa.track('unsent')")
    page.wait_for_timeout(800)  # it was tried in vain
    tried = len(visit.requests)
    page.evaluate("resa.consent(false); resa.consent(true)")
    visit.context.set_offline(False)
    visit.wait_for("page", 2)
    page.wait_for_timeout(500)
    later = [one.post_data or "" for one in visit.requests[tried:]]
    assert not any("unsent" in body for body in later)
    first, second = (call["anonymousId"] for call in visit.wait_for("page", 2))
    assert first != second


def test_another_tab_learns_of_a_withdrawal(site: Site, visitor: Callable[..., Visit]) -> None:
    visit = visitor()
    first, second = visit.open(f"{site.address}/a"), visit.open(f"{site.address}/b")
    first.evaluate("resa.consent(true)")
    visit.wait_for("page", 2)
    second.evaluate("resa.consent(false)")
    first.wait_for_timeout(300)
    first.evaluate("resa.track('too_late')")
    first.wait_for_timeout(800)
    assert "too_late" not in visit.names()
    assert stored(first) == {}


def test_who_logs_out_is_another_visitor(site: Site, visitor: Callable[..., Visit]) -> None:
    visit = visitor()
    page = visit.open(site.address)
    page.evaluate("document.cookie = 'session=secret'")  # of 127.0.0.1, at every port
    page.evaluate("resa.consent(true); resa.identify('ann'); resa.track('in'); resa.reset(); resa.track('out')")
    visit.wait_for("out")
    headers = [one.all_headers() for one in visit.requests if one.method == "POST"]
    assert headers
    assert not any({"cookie", "referer"} & set(one) for one in headers)
    first, last = visit.wait_for("in")[0], visit.wait_for("out")[0]
    assert first["userId"] == "ann"
    assert "userId" not in last
    assert first["anonymousId"] != last["anonymousId"]


def test_nothing_wrong_reaches_the_page(site: Site, visitor: Callable[..., Visit]) -> None:
    """No error, whatever the page says, and though nothing may be stored (the fixture looks at the page's errors)."""
    visit = visitor()
    visit.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    page = visit.open(site.address)
    page.evaluate("""() => {
      resa.consent(true)
      const round = {}
      round.round = round
      resa.track("round", round)
      resa.track("large", {text: "x".repeat(40_000)})
      resa.track("number", {n: 1n})
      resa.track(null); resa.track(""); resa.identify(); resa.identify({}); resa.consent(null)
      resa.push(1, null, ["nothing"])
      resa.consent({})
      resa.consent(true)
      resa.track("good", {text: "å".repeat(10_000)})
      for (let n = 0; n < 5; n++) resa.track("good", {text: "å".repeat(14_000), n})
    }""")
    visit.wait_for("good", 6)
    assert {"round", "large", "number"}.isdisjoint(visit.names())
    assert len([one for one in visit.requests if one.method == "POST" and not one.failure]) >= 3


@pytest.mark.parametrize(
    "planted",
    [
        '<img name="currentScript" src="http://evil.example/x.png" data-key="resa_evil">',
        '<a id="resa" href="http://evil.example"></a><form id="resa"></form>',
    ],
)
def test_planted_elements_lead_nothing_elsewhere(site: Site, visitor: Callable[..., Visit], planted: str) -> None:
    """Whoever may write HTML into a page, and no script, gets nothing of what is measured."""
    site.before = planted
    visit = visitor()
    visit.context.route("http://evil.example/**", lambda route: route.fulfill(body=""))
    page = visit.context.new_page()
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.goto(site.address)
    page.wait_for_timeout(300)
    page.evaluate("window.resa?.consent?.(true)")
    page.wait_for_timeout(800)
    assert not [one for one in visit.requests if "evil.example" in one.url and one.method == "POST"]


def test_the_page_is_seen_again_when_it_comes_back(site: Site, visitor: Callable[..., Visit]) -> None:
    visit = visitor()
    page = visit.open(f"{site.address}/p/tea")
    page.evaluate("resa.consent(true); document.title = 'kept'")
    visit.wait_for("page")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert [call["properties"]["path"] for call in visit.wait_for("page", 2)] == ["/p/tea", "/p/tea"]


def test_links_of_campaigns_may_be_of_any_length(site: Site, visitor: Callable[..., Visit]) -> None:
    visit = visitor()
    page = visit.open(f"{site.address}/?utm_source={'x' * 40_000}&utm_{'y' * 20_000}=z&utm_medium=cpc")
    page.evaluate("resa.consent(true)")
    visit.wait_for("page")
    (body,) = [json.loads(one.post_data or "") for one in visit.requests if one.method == "POST"]
    assert body["context"]["campaign"] == {"source": "x" * 200, "medium": "cpc"}


def test_a_browser_that_a_program_drives_is_a_bot(site: Site, served: Served, browser: Browser) -> None:
    """By what the browser says of itself, though it gives itself out as a person's."""
    driven = browser.browser_type.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
    page = driven.new_page(user_agent=AGENT)
    page.goto(site.address)
    page.wait_for_function("typeof window.resa?.consent === 'function'")
    page.evaluate("resa.consent(true)")
    (row,) = events_of(served, "a_browser_that_a_program_drives_is_a_bot", 1)
    driven.close()
    assert (row["event"], row["device"]) == ("page", "bot")
    with resa.open(served.folder) as shop:
        (told,) = [one for one in events_of_bots(shop.store).to_pylist() if one["source"].endswith("is_a_bot")]
        assert (told["event"], told["events"]) == ("page", 1)


def test_it_is_small() -> None:
    assert len(snippet().packed) < 5 * 1024
    assert Path(resa.__file__).with_name("web").joinpath("resa.js").read_bytes() == snippet().plain
