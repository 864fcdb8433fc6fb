"""`/metrics`: how the server is doing, for Prometheus and what reads its format. Nothing here tells of a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from resa.base.clock import from_microseconds
from resa.base.version import __version__
from resa.collector import Hooks
from resa.runtime import Intake
from resa.storage import Figures
from resa.web.answers import Answer

if TYPE_CHECKING:
    from prometheus_client.core import Metric as Family

__all__ = ["METRICS", "Metric", "Metrics"]


@dataclass(frozen=True)
class Metric:
    """One metric, as its documentation says it.

    Attributes:
        name: Without `resa_` before it; that of a counter without `_total` behind it.
        kind: Of Prometheus.
        labels: By which it is told apart.
        about: What it counts, with its unit.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    about: str

    @property
    def shown(self) -> str:
        """Its name as it is read."""
        return f"resa_{self.name}_total" if self.kind == "counter" else f"resa_{self.name}"


_ALL: Final = (
    Metric("requests", "counter", ("way", "status"), "Requests that were answered, by status of HTTP."),
    Metric("accepted", "counter", ("way",), "Requests with events that are on the disk."),
    Metric("refused", "counter", ("way", "reason"), "Requests that were refused, by reason."),
    Metric(
        "request_seconds", "histogram", ("way",), "Time from a request's head to its answer, the sender's included."
    ),
    Metric("arrivals_waiting", "gauge", (), "Accepted requests that are not yet events."),
    Metric("arrivals_oldest_seconds", "gauge", (), "Age of the oldest of them: how far the making of events lags."),
    Metric("rows", "counter", ("source", "outcome"), "Rows of each source: good, rejected, or duplicate."),
    Metric("source_lag_seconds", "gauge", ("source",), "Time since each source's newest event happened."),
    Metric("source_run_age_seconds", "gauge", ("source",), "Time since each source that runs last began to."),
    Metric("source_failures", "gauge", ("source",), "How many runs of it have failed since one succeeded."),
    Metric("index_rows_behind", "gauge", (), "Stored rows that the index does not hold yet: how far it lags."),
    Metric("index_age_seconds", "gauge", (), "Time since the index was published; it is when something changed."),
    Metric("index_events", "gauge", (), "Events in the index."),
    Metric("index_customers", "gauge", (), "Customers in the index."),
    Metric("writer_sign_seconds", "gauge", (), "Time since the process that makes events gave a sign of life."),
    Metric("write_ahead_log_bytes", "gauge", ("database",), "Size of each database's write-ahead log."),
    Metric("disk_free_bytes", "gauge", (), "Room on the disk of the workspace."),
    Metric("ready", "gauge", (), "1 while `/ready` says so, else 0."),
    Metric("version", "gauge", ("version",), "1; its label is the version of Resa."),
)

METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in _ALL}
"""All metrics of Resa's own, by name. On Linux those of the process that takes requests come with them
(`process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds` and others)."""


_EVERYDAY: Final = frozenset({"not_found", "method_not_allowed"})
"""What scanners of the whole network meet, anywhere and all day."""


class Metrics:
    """Counts what is answered, and shows it with the state of the workspace.

    Args:
        intake: Knows what waits, and the workspace.
        hooks: Know which sources have files.
    """

    def __init__(self, intake: Intake, hooks: Hooks) -> None:
        # Only the process that takes requests needs them.
        from prometheus_client import (  # noqa: PLC0415 - see above
            CollectorRegistry,
            Histogram,
            ProcessCollector,
            disable_created_metrics,
        )
        from prometheus_client import Counter as Counted  # noqa: PLC0415 - see above

        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library says nothing of it
        self._intake = intake
        self._hooks = hooks
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

        def counter(name: str) -> Counted:
            metric = METRICS[name]
            return Counted(f"resa_{name}", metric.about, metric.labels, registry=self._registry)

        self._requests, self._accepted, self._refused = map(counter, ("requests", "accepted", "refused"))
        self._untold: Counter[str] = Counter()
        timed = METRICS["request_seconds"]
        self._seconds = Histogram(f"resa_{timed.name}", timed.about, timed.labels, registry=self._registry)

    def count(self, way: str, answer: Answer, seconds: float) -> None:
        """Count an answer.

        Args:
            way: What was asked for: a word of ours, never one of the sender's.
            answer: What it got.
            seconds: How long it took.
        """
        self._requests.labels(way, str(answer.status)).inc()
        self._seconds.labels(way).observe(seconds)
        if answer.stored:
            self._accepted.labels(way).inc()
        if answer.reason is not None:
            self._refused.labels(way, answer.reason).inc()
            if answer.reason not in _EVERYDAY:
                self._untold[answer.reason] += 1

    def refusals(self) -> dict[str, int]:
        """How many were refused since this was asked last, by reason; without those who ask for what there is not."""
        found, self._untold = dict(self._untold), Counter()
        return found

    def text(self) -> tuple[bytes, str]:
        """All of them, and what kind of content that is."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415 - see above

        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Family]:
        """What is read from the workspace when it is asked for; the registry calls this."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - see above

        intake = self._intake
        waiting, figures, now = intake.waiting(), intake.figures(), from_microseconds(intake.now())
        rows = CounterMetricFamily("resa_rows", METRICS["rows"].about, labels=METRICS["rows"].labels)
        for source, found in figures.rows.items():
            for outcome in ("good", "rejected", "duplicate"):
                rows.add_metric((source, outcome), getattr(found, outcome))
        yield rows
        oldest = now if waiting.oldest is None else from_microseconds(waiting.oldest)
        values: dict[str, float | Mapping[str, float]] = {
            "arrivals_waiting": waiting.arrivals,
            "arrivals_oldest_seconds": max(0.0, (now - oldest).total_seconds()),
            **self._of_sources(figures, now),
            "index_rows_behind": figures.rows_behind,
            "index_age_seconds": max(0.0, (now - (figures.published_at or now)).total_seconds()),
            "index_events": figures.events,
            "index_customers": figures.customers,
            "writer_sign_seconds": max(0.0, (now - (figures.written_at or now)).total_seconds()),
            "write_ahead_log_bytes": figures.logs,
            "disk_free_bytes": figures.free,
            "ready": float(intake.unready() is None),
            "version": {__version__: 1.0},
        }
        for name, value in values.items():
            metric = METRICS[name]
            family = GaugeMetricFamily(f"resa_{name}", metric.about, labels=metric.labels)
            for label, number in value.items() if isinstance(value, Mapping) else [(None, value)]:
                family.add_metric(() if label is None else (label,), number)
            yield family

    def _of_sources(self, figures: Figures, now: datetime) -> dict[str, dict[str, float]]:
        """What is told of sources that are in use: one whose file is gone would lag, and fail, for ever."""
        named = self._hooks.names()
        used = {name: one for name, one in figures.sources.items() if one.live or name in named}

        def since(moments: Mapping[str, datetime | None]) -> dict[str, float]:
            return {name: max(0.0, (now - at).total_seconds()) for name, at in moments.items() if at is not None}

        return {
            "source_lag_seconds": since({name: one.newest for name, one in used.items()}),
            "source_run_age_seconds": since({name: one.began_at for name, one in used.items()}),
            "source_failures": {name: one.failures for name, one in used.items() if one.began_at is not None},
        }

    def describe(self) -> Iterator[Family]:
        """Nothing: the registry would else read the workspace when it is made."""
        return iter(())
