"""Signed links and pixels for mails and posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.collector import Link, link_token, read_link, target_of
from resa.storage import Store, link_secret, made_link_secret
from resa.workspace.folders import source_name

__all__ = ["Links"]


@dataclass(frozen=True)
class Links:
    """The links of a workspace; made beside a running server too, which needs not be told of them."""

    store: Store

    def make(
        self,
        source: str,
        to: str | None = None,
        *,
        event: str | None = None,
        user_id: str | None = None,
        channel: str | None = None,
        properties: Mapping[str, str] | None = None,
        server: str = "http://127.0.0.1:8787",
    ) -> str:
        """Make a link that leads somewhere and says that it was followed, or a pixel that says that it was seen.

        Args:
            source: Whose events they are.
            to: Where the link leads; `None`: it is a pixel.
            event: What happened; default: `link_clicked`, of a pixel `email_opened`.
            user_id: Who is sent it; `None`: nobody in particular, and it is counted by day.
            channel: Where it stands, as the map calls it.
            properties: Of the event. Who gets the link can read them.
            server: Where `resa serve` is reached.

        Returns:
            Its address.

        Raises:
            QuestionError: It cannot lead there, or a name is none.
        """
        begin = target_of(server).rstrip("/")
        for name, value in (("--event", event), ("--user-id", user_id), ("--channel", channel)):
            if value is not None and (not value.strip() or len(value) > 512 or "\0" in value):
                raise QuestionError(sentence("{name} needs a text of 1 to 512 characters", name=name))
        link = Link(
            source=source_name(source),
            event=event or ("email_opened" if to is None else "link_clicked"),
            to=None if to is None else target_of(to),
            user_id=user_id,
            channel=channel,
            properties=dict(properties or {}),
        )
        token = link_token(link, made_link_secret(self.store.layout))
        return f"{begin}/p/{token}.gif" if to is None else f"{begin}/l/{token}"

    def read(self, address: str) -> Link:
        """What a link or pixel says.

        Raises:
            QuestionError: This workspace did not make it.
        """
        token = urlsplit(address).path.rpartition("/")[2].removesuffix(".gif")
        secret = link_secret(self.store.layout)
        found = None if secret is None else read_link(token, secret)
        if found is None:
            raise QuestionError(sentence("this workspace did not make that link, or it was altered"))
        return found
