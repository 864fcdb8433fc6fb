"""Metrics: which of the ways to make one number of many visits each is, with its expression checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resa.base.language import one_of, sentence
from resa.documents import Written
from resa.expressions import Scope
from resa.journey_map.names import display_name
from resa.journey_map.references import References
from resa.journey_map.shapes import MetricShape
from resa.model.journey import Metric

__all__ = ["resolve_metrics"]

_WAYS = ("count", "sum", "mean", "share", "quantile")


def resolve_metrics(said: Mapping[Written, MetricShape], names: References) -> tuple[Metric, ...]:
    """The metrics in the order of the file."""
    return tuple(metric for key, shape in said.items() for metric in _metric(key, shape, names))


def _metric(key: Written, said: MetricShape, names: References) -> Iterator[Metric]:
    of = names.reachable(said.of)
    ways = [way for way in _WAYS if getattr(said, way) is not None]
    number = {
        way: _number(getattr(said, way), "boolean" if way == "share" else "number", names)
        for way in ways
        if way != "count"
    }
    if len(ways) != 1:
        if ways:
            names.report(
                key,
                sentence(
                    "'{key}' is one number; take {first}: or {second}: away", key=key, first=ways[0], second=ways[1]
                ),
                code="metric",
            )
        else:
            known = one_of(f"{way}:" for way in _WAYS)
            names.incomplete(
                key,
                sentence("the metric '{key}' does not say how it is counted; write {known}", key=key, known=known),
                code="metric",
            )
        return
    way = ways[0]
    if (said.per is not None and way not in {"count", "sum"}) or (said.per and said.count == "customers"):
        names.report(
            key,
            sentence("'{key}': only visits and sums are divided by customers; take per: away", key=key),
            code="metric",
        )
    if way == "quantile" and said.at is None:
        names.incomplete(
            key,
            sentence("which quantile '{key}' is must be said; write at: 50 % for the median", key=key),
            code="metric",
        )
    if way != "quantile" and said.at is not None:
        names.report(
            key, sentence("at: says which quantile, and '{key}' is none; take it away", key=key), code="metric"
        )
    yield Metric(
        key=str(key),
        name=str(said.name or display_name(key)),
        about=str(said.about or ""),
        unit=str(said.unit or ""),
        owner=str(said.owner or ""),
        of=of,
        kind=said.count or way,  # type: ignore[arg-type]  # a way other than count is a kind
        number=number.get(way),
        at=said.at,
        per_customer=said.per is not None,
    )


def _number(text: Written, expects: str, names: References) -> str | None:
    """The expression; `value` alone is what the visit is worth, which its signal says."""
    if expects == "number" and text.strip() == "value":
        return None
    return names.expression(text, Scope.EVENT, expects)  # type: ignore[arg-type]  # one of two literals
