"""Sending: mails over one connection to the mail server, messages to webhooks."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Final, Self

from resa.base.errors import WorkspaceError
from resa.base.language import as_it_is, sentence
from resa.base.secret_values import secret_value
from resa.base.settings import Settings
from resa.workspace.telling.posting import Unsent, post
from resa.workspace.telling.recipients import Webhook

__all__ = ["PASSWORD", "Sender"]

PASSWORD: Final = "RESA_SMTP_PASSWORD"  # noqa: S105 - the name of the variable
_SECONDS: Final = 20.0
_FOR_GOOD: Final = 500


class Sender:
    """Sends messages; a context manager that lets the mail server go.

    Args:
        settings: How mail is sent, and where webhooks may lead to.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: smtplib.SMTP | None = None

    def mail(self, mail: EmailMessage) -> None:
        """Send a mail.

        Raises:
            Unsent: The server did not take it.
        """
        try:
            server = self._connected()
            server.send_message(mail)
        except Unsent:  # it goes to nobody by a connection that was not made as the settings say
            self._let_go()
            raise
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=0)
            why = sentence("the mail server refuses the address ({code})", code=str(code))
            raise Unsent(why, for_good=code >= _FOR_GOOD) from None
        except smtplib.SMTPAuthenticationError:
            self._let_go()
            raise Unsent(sentence("the mail server does not let us in: see smtp_user and the password")) from None
        except smtplib.SMTPResponseException as error:
            self._let_go()
            raise Unsent(sentence("the mail server said {code}", code=str(error.smtp_code))) from None
        except smtplib.SMTPNotSupportedError:
            self._let_go()
            raise Unsent(sentence("the mail server does not know what smtp_security or smtp_user asks for")) from None
        except (OSError, smtplib.SMTPException) as error:
            self._let_go()
            said = as_it_is(getattr(error, "strerror", None) or type(error).__name__)
            raise Unsent(sentence("the mail server cannot be reached ({reason})", reason=said)) from None

    def hook(self, hook: Webhook, content: bytes, number: str) -> None:
        """Post a message to a webhook.

        Raises:
            Unsent: It was not taken.
        """
        try:
            address = secret_value(hook.variable)
        except WorkspaceError as error:
            raise Unsent(error.message) from None
        if address is None:
            raise Unsent(sentence("the environment variable {name} is not set", name=hook.variable))
        post(address, content, number, self._settings.webhook_networks)

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            try:
                self._server.rset()
            except (OSError, smtplib.SMTPException):  # it was idle for too long
                self._let_go()
            else:
                return self._server
        settings = self._settings
        place, context = (settings.smtp_host, settings.smtp_port), ssl.create_default_context()
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(*place, timeout=_SECONDS)
        self._server = server
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, self._password())
        return server

    def _password(self) -> str:
        settings = self._settings
        if settings.smtp_security == "none" and not _is_here(settings.smtp_host):
            raise Unsent(sentence("a password goes to another machine by TLS alone: see smtp_security"))
        try:
            return secret_value(PASSWORD) or ""
        except WorkspaceError as error:
            raise Unsent(error.message) from None

    def _let_go(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> Self:
        """The sender itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say good-bye to the mail server."""
        if self._server is not None:
            try:
                self._server.quit()
            except (OSError, smtplib.SMTPException):
                self._let_go()


def _is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
