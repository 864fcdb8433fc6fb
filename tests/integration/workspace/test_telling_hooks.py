"""Messages go to webhooks in the shapes that Teams, Slack and programs take, to no address of others' networks."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.support.mail_server import Receiver, closed_port, mail_server, receiver

from resa.base.errors import WorkspaceError
from resa.base.secret_values import secret_value
from resa.base.settings import Settings
from resa.model.people import Person
from resa.workspace.telling.mails import Envelope, mail_of
from resa.workspace.telling.posting import Posted, Unsent, body_of, post
from resa.workspace.telling.recipients import Webhook
from resa.workspace.telling.sending import Sender
from resa.workspace.telling.wording import Line, Message

HERE = ["127.0.0.0/8"]
AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
ODD = Line("A *b* [c](https://evil.se) <!channel> & d", "x | y_z `q`", "Data up to 1 Jul", "/explore/trend?of=a(b)")
MESSAGE = Message("sv", "below_target", "Below <target>", [ODD, *(Line(f"t{n}", "x", "f", "/") for n in range(30))])


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def shaped(shape: str) -> dict[str, object]:
    posted = Posted(
        shape=shape, number="resa.1", server="https://resa.shop.se", stop="https://resa.shop.se/stop/t", at=AT
    )
    found = json.loads(body_of(MESSAGE, posted))
    assert isinstance(found, dict)
    return found


def test_slack_takes_what_people_wrote_for_nothing_else() -> None:
    found = shaped("slack")
    assert set(found) == {"text", "blocks"}
    text = json.dumps(found, ensure_ascii=False)
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; d" in text
    assert "<https://resa.shop.se/explore/trend?of=a%28b%29|" in text
    blocks = found["blocks"]
    assert isinstance(blocks, list)
    assert len(blocks) <= 50
    assert "och 11 till" in text
    assert re.search(r"<https://resa.shop.se/stop/t\|Stoppa", text)


def test_teams_takes_an_adaptive_card() -> None:
    found = shaped("teams")
    assert found["type"] == "message"
    text = json.dumps(found, ensure_ascii=False)
    assert "application/vnd.microsoft.card.adaptive" in text
    assert "[c](https://evil.se)" not in text
    assert '"url": "https://resa.shop.se/stop/t"' in text


def test_programs_take_json() -> None:
    found = shaped("json")
    assert found["at"] == "2026-07-01T08:00:00Z"
    assert found["kind"] == "below_target"
    assert found["lines"][0] == {  # type: ignore[index]  # a list of objects
        "title": ODD.title,
        "text": ODD.text,
        "fresh": ODD.fresh,
        "link": "https://resa.shop.se" + ODD.path,
    }


def test_a_message_is_posted_and_what_is_not_taken_is_told(hook: Receiver) -> None:
    address = f"http://127.0.0.1:{hook.port}/a/secret?x=1"
    post(address, b"{}", "resa.1", HERE)
    (got,) = hook.got
    assert (got.path, got.body, got.headers["idempotency-key"]) == ("/a/secret?x=1", b"{}", "resa.1")
    for status, for_good in ((404, True), (500, False), (429, False), (307, False)):
        hook.status, hook.location = status, address
        with pytest.raises(Unsent, match=f"it answered {status}") as caught:
            post(address, b"{}", "resa.1", HERE)
        assert caught.value.for_good == for_good
    assert len(hook.got) == 5  # a redirect is followed by nobody


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "https://localhost:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://0.0.0.0:{port}/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/",
        "https://192.168.1.1/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://2130706433:{port}/",
        "https://224.0.0.1/",
        "https://user@127.0.0.1:{port}/",
        "file:///etc/passwd",
        "https:///",
        "https://127.0.0.1:99999/",
    ],
)
def test_no_webhook_leads_into_networks_that_nobody_named(hook: Receiver, address: str) -> None:
    with pytest.raises(Unsent) as caught:
        post(address.format(port=hook.port), b"{}", "resa.1")
    assert caught.value.for_good or "host" in str(caught.value.why)
    assert hook.got == []
    assert "127.0.0.1" not in str(caught.value.why)


@pytest.mark.parametrize("address", ["fec0::1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1"])
def test_no_webhook_leads_by_ipv6_into_what_lies_behind_it(hook: Receiver, address: str) -> None:
    with pytest.raises(Unsent, match="of no public network") as caught:
        post(f"https://[{address}]:{hook.port}/", b"{}", "resa.1")
    assert caught.value.for_good


def test_a_public_address_is_gone_to_by_tls_alone(hook: Receiver) -> None:
    with pytest.raises(Unsent, match="https://") as caught:
        post("http://93.184.215.14/", b"{}", "resa.1", HERE)
    assert caught.value.for_good
    with pytest.raises(Unsent, match=r"speaks no TLS|did not answer|reset"):
        post(f"https://127.0.0.1:{hook.port}/", b"{}", "resa.1", HERE)
    assert hook.got == []


def test_who_does_not_answer_is_tried_again() -> None:
    with pytest.raises(Unsent, match="Connection refused") as caught:
        post(f"http://127.0.0.1:{closed_port()}/", b"{}", "resa.1", HERE)
    assert not caught.value.for_good


def test_addresses_and_passwords_come_from_the_environment_or_a_file_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: Receiver
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"http://127.0.0.1:{hook.port}/x\n")
    file.chmod(0o600)
    monkeypatch.setenv("TEAM_FILE", str(file))
    with Sender(Settings(webhook_networks=("127.0.0.0/8",))) as sender:
        sender.hook(Webhook("team", "json", "TEAM"), b"{}", "resa.1")
        with pytest.raises(Unsent, match="variable OTHER is not set"):
            sender.hook(Webhook("team", "json", "OTHER"), b"{}", "resa.1")
    assert len(hook.got) == 1
    file.chmod(0o644)
    with pytest.raises(WorkspaceError, match="everybody can read"):
        secret_value("TEAM")
    monkeypatch.setenv("TEAM_FILE", str(tmp_path / "none"))
    with pytest.raises(WorkspaceError, match="cannot be read"):
        secret_value("TEAM")
    monkeypatch.setenv("TEAM", "said")
    assert secret_value("TEAM") == "said"


def person(email: str, name: str) -> Person:
    return Person(id=1, email=email, name=name, role="viewer", made_at=AT, ended_at=None, has_password=False)


def envelope(name: str = "Anna") -> Envelope:
    to = person("anna@shop.se", name)
    return Envelope(
        to=to, sender="resa@shop.se", number="resa.1", server="https://r.se", stop="https://r.se/stop/t", at=AT
    )


def test_names_break_no_header_and_what_people_wrote_no_page() -> None:
    message = Message("en", "data", "A\nBcc: eve@x.se", [Line("<script>alert(1)</script>", '"&', "f", "/")])
    mail = mail_of(message, envelope("Anna\r\nBcc: eve@x.se, <b>"))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "A Bcc: eve@x.se"
    assert [one.addr_spec for one in mail["To"].addresses] == ["anna@shop.se"]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    mail.as_bytes()


def test_a_password_goes_by_tls_or_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESA_SMTP_PASSWORD", "secret")
    with mail_server() as server:
        common = {"smtp_port": server.port, "smtp_from": "resa@shop.se", "smtp_user": "resa"}
        message = Message("en", "data", "A", [Line("t", "x", "f", "/")])
        with Sender(Settings(smtp_host="127.0.0.1", smtp_security="none", **common)) as sender:  # type: ignore[arg-type]
            sender.mail(mail_of(message, envelope()))
            sender.mail(mail_of(message, envelope()))
        assert (len(server.users), len(server.mails)) == (1, 2)  # one connection for both
        for security in ("starttls", "tls"):
            settings = Settings(smtp_host="127.0.0.1", smtp_security=security, **common)  # type: ignore[arg-type]
            with Sender(settings) as sender, pytest.raises(Unsent) as caught:
                sender.mail(mail_of(message, envelope()))
            assert not caught.value.for_good
        assert (len(server.users), len(server.mails)) == (1, 2)
    with Sender(Settings(smtp_host="mail.invalid", smtp_security="none")) as sender, pytest.raises(Unsent):
        sender.mail(mail_of(message, envelope()))


def test_what_needs_a_password_is_sent_by_no_connection_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RESA_SMTP_PASSWORD", raising=False)
    monkeypatch.setenv("RESA_SMTP_PASSWORD_FILE", str(tmp_path / "gone"))
    message = Message("en", "data", "A", [Line("t", "x", "f", "/")])
    with mail_server() as server:
        settings = Settings(
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security="none",
            smtp_from="resa@shop.se",
            smtp_user="resa",
        )
        with Sender(settings) as sender:
            for _ in range(2):
                with pytest.raises(Unsent, match="cannot be read"):
                    sender.mail(mail_of(message, envelope()))
        assert server.mails == []


@pytest.fixture
def by_itself(tmp_path: Path) -> ssl.SSLContext:
    """What a server needs that signed its certificate by itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(names, critical=False)
    whole = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    whole += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "both.pem").write_bytes(whole)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context


def test_who_signed_by_itself_gets_nothing(by_itself: ssl.SSLContext) -> None:
    got: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        for _ in range(2):
            plain, _ = listening.accept()
            with suppress(OSError), by_itself.wrap_socket(plain, server_side=True) as trusted:
                got.append(trusted.recv(100))
            plain.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = threading.Thread(target=serve, args=(listening,), daemon=True)
        serving.start()
        with pytest.raises(Unsent, match="certificate does not hold"):
            post(f"https://127.0.0.1:{port}/", b"secret", "resa.1", HERE)
        message = Message("en", "data", "A", [Line("t", "x", "f", "/")])
        settings = Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_security="tls", smtp_from="resa@shop.se")
        with Sender(settings) as sender, pytest.raises(Unsent, match="cannot be reached"):
            sender.mail(mail_of(message, envelope()))
        serving.join(10)
    assert got == []
