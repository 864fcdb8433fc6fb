"""A mail server and a receiver of webhooks that keep what they get, or refuse it, as they are told."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Hooked", "MailServer", "Receiver", "closed_port", "mail_server", "receiver"]


@dataclass
class MailServer:
    """What came, and how the next are answered.

    Attributes:
        port: Where it listens.
        mails: All that was taken.
        refuses: What is said to recipients in the place of 250; empty: they are taken.
        users: What was said to be let in.
        after: Called once a mail was taken, before that is said.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refuses: str = ""
    users: list[str] = field(default_factory=list)
    after: Callable[[], None] = lambda: None


class _Smtp(socketserver.StreamRequestHandler):
    """RFC 5321, as far as senders need it, with AUTH PLAIN."""

    def handle(self) -> None:
        """Talk until the sender leaves."""
        kept: MailServer = self.server.kept  # type: ignore[attr-defined]
        self._say("220 mail.test ESMTP")
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            word = line.upper().partition(" ")[0]
            match word:
                case "EHLO":
                    self._say("250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME")
                case "AUTH":
                    kept.users.append(line)
                    self._say("235 in")
                case "RCPT" if kept.refuses:
                    self._say(kept.refuses)
                case "DATA":
                    self._say("354 go on")
                    kept.mails.append(self._body())
                    kept.after()
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 well")

    def _body(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        found = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def mail_server(port: int = 0) -> Iterator[MailServer]:
    """A mail server, as long as the block runs."""
    with _Threads(("127.0.0.1", port), _Smtp) as server:
        kept = MailServer(port=server.server_address[1])
        server.kept = kept  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield kept
        server.shutdown()


@dataclass
class Hooked:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came, and with which status the next are answered."""

    port: int = 0
    got: list[Hooked] = field(default_factory=list)
    status: int = 200
    location: str = ""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks, as long as the block runs."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a message."""
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.got.append(Hooked(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.status)
            if kept.location:
                self.send_header("location", kept.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield kept
        server.shutdown()


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
