"""`resa map watch`: the map in the browser, drawn anew on every save.

A tiny server on the loopback address, for one person at one machine. It answers only requests that name that address,
so that no web page can reach it by pointing a name of its own at this machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from watchfiles import watch

__all__ = ["PageServer", "serve_and_watch"]

_RELOAD = """
<script>
  // Waits for the next drawing and takes it in without losing the place on the page.
  async function follow(version) {
    for (;;) {
      try {
        const answer = await fetch('/next?after=' + version);
        if (answer.status === 200) {
          version = Number(answer.headers.get('X-Version'));
          document.getElementById('page').innerHTML = await answer.text();
        }
      } catch { await new Promise(wait => setTimeout(wait, 1000)); }
    }
  }
  follow(%d);
</script>
"""

_PAGE = """<!doctype html>
<html lang="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>%s</title>
<style>
body { margin: 0; font-family: system-ui, sans-serif; color-scheme: light dark }
#page > svg { max-width: 100%%; height: auto }
</style>
<div id="page">%s</div>%s</html>
"""


class PageServer(ThreadingHTTPServer):
    """Serves one page that can change; a request for the next version waits until there is one."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._changed = threading.Condition()
        self.version = 0
        self.body = ""
        self.title = "Resa"
        self.language = "en"

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def show(self, body: str, *, title: str, language: str) -> None:
        """Replace the page's content (HTML) and title (text), and wake every browser that waits."""
        with self._changed:
            self.body, self.title, self.language = body, escape(title), escape(language)
            self.version += 1
            self._changed.notify_all()

    def wait_for_change(self, after: int, seconds: float = 25) -> bool:
        """Wait until the version is not `after`; `False` when the time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: self.version != after, timeout=seconds)


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in {"127.0.0.1", "localhost"}:
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path == "/":
            page = self.server
            self._send(_PAGE % (page.language, page.title, page.body, _RELOAD % page.version))
        elif self.path.startswith("/next?after="):
            number = self.path.removeprefix("/next?after=")
            if number.isdecimal() and self.server.wait_for_change(int(number)):
                self._send(self.server.body)
            else:
                self.send_response(HTTPStatus.NO_CONTENT)
                self.end_headers()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _send(self, text: str) -> None:
        content = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Version", str(self.server.version))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing: requests are of no interest to a person who draws."""


def serve_and_watch(
    server: PageServer,
    folder: Path,
    draw: Callable[[], None],
    *,
    stop: threading.Event | None = None,
) -> None:
    """Draw once, serve, and draw again whenever a file of people's in the folder was saved; ends when stopped."""
    draw()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for _ in watch(folder, watch_filter=_is_of_people, stop_event=stop, raise_interrupt=False):
            draw()
    finally:
        server.shutdown()
        server.server_close()


def _is_of_people(_change: object, path: str) -> bool:
    parts = Path(path).parts
    return ".resa" not in parts and ".git" not in parts and path.endswith((".yaml", ".yml", ".png", ".jpg", ".svg"))
