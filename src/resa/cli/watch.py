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
from secrets import token_urlsafe

from watchfiles import watch

__all__ = ["PageServer", "serve_and_watch"]

_PAGE = """<!doctype html>
<html lang="%(language)s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(title)s</title>
<style>%(styles)s
body { margin: 0; background: var(--resa-paper); color: var(--resa-ink);
  font: 16px/1.5 "Source Sans Pro", system-ui, sans-serif }
h1 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%%) }
.map { overflow-x: auto }
.map:focus-visible { outline: 2px solid var(--resa-accent); outline-offset: -2px }
.map svg { display: block; margin: 0 auto; max-width: 100%%; min-width: calc(var(--wide) * .85); height: auto }
.problems { padding: 14px 28px; background: var(--resa-below-soft); border-bottom: 2px solid var(--resa-below) }
.problems p { margin: 0; font-weight: 600 }
.problems ul { margin: 6px 0 0; padding-left: 20px; font: 14px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
</style>
</head>
<body>
<main id="page">%(body)s</main>
<script nonce="%(nonce)s">
  // Waits for the next drawing and takes it in without losing the place on the page.
  async function follow(version) {
    for (;;) {
      try {
        const answer = await fetch('/next?after=' + version);
        if (answer.status === 200) {
          version = Number(answer.headers.get('X-Version'));
          document.getElementById('page').innerHTML = await answer.text();
          document.title = document.querySelector('h1').textContent;
        }
      } catch { await new Promise(wait => setTimeout(wait, 1000)); }
    }
  }
  follow(%(version)d);
</script>
</body>
</html>
"""

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'nonce-{nonce}'"
)


class PageServer(ThreadingHTTPServer):
    """Serves one page that can change; a request for the next version waits until there is one.

    Args:
        port: On the loopback address; 0: any free one.
        styles: CSS of the page.
    """

    daemon_threads = True

    def __init__(self, port: int, styles: str = "") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._changed = threading.Condition()
        self.styles = styles
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
            self.title, self.language = escape(title), escape(language)
            self.body = f"<h1>{self.title}</h1>{body}"
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
            page, nonce = self.server, token_urlsafe(16)
            text = _PAGE % {
                "language": page.language,
                "title": page.title,
                "styles": page.styles,
                "body": page.body,
                "nonce": nonce,
                "version": page.version,
            }
            self._send(text, _POLICY.format(nonce=nonce))
        elif self.path.startswith("/next?after="):
            number = self.path.removeprefix("/next?after=")
            if number.isdecimal() and self.server.wait_for_change(int(number)):
                self._send(self.server.body)
            else:
                self.send_response(HTTPStatus.NO_CONTENT)
                self.end_headers()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _send(self, text: str, policy: str = "default-src 'none'") -> None:
        content = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
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
        for _ in watch(folder, watch_filter=_is_of_people, stop_event=stop):
            draw()
    finally:
        server.shutdown()
        server.server_close()


def _is_of_people(_change: object, path: str) -> bool:
    parts = Path(path).parts
    return (
        ".resa" not in parts
        and ".git" not in parts
        and path.endswith((".yaml", ".yml", ".png", ".jpg", ".jpeg", ".gif", ".webp"))
    )
