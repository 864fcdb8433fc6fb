"""One self-contained page of all that is stored of a customer, for herself to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, StrictUndefined

from resa.base.language import in_language, sentence
from resa.reporting.page import resource, styled

__all__ = ["Section", "customer_page"]


@dataclass(frozen=True)
class Section:
    """A table of the page.

    Attributes:
        title: In English, as a `sentence`.
        headings: Of its columns.
        rows: Texts, as many as there are headings.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def customer_page(sections: Sequence[Section], language: str, made_at: str) -> str:
    """The page as HTML.

    Args:
        sections: What it tells, in order.
        language: Of the workspace.
        made_at: When it was made, for people.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    told = [Section(in_language(one.title, language), one.headings, one.rows) for one in sections]
    return styled(
        environment.from_string(resource("customer.html.jinja")),
        language=language,
        title=in_language(sentence("What is stored of you"), language),
        about=in_language(
            sentence("Everything that is kept of one customer, as of {moment}", moment=made_at), language
        ),
        nothing=in_language(sentence("Nothing."), language),
        sections=told,
    )
