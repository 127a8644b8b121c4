"""Figures about ourselves, as Prometheus reads them at /metrics.

`METRICS` is the table of all of them; docs/reference/metrics.md is made from it
(`python -m adapters.web.metrics`).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

log = logging.getLogger(__name__)

PREFIX: Final = "papercourier"
_SECONDS: Final = (0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900)

_Collector: TypeAlias = Counter | Gauge | Histogram


class Kind(StrEnum):
    """What one may do with a metric, in the words of `Telemetry`."""

    COUNT = "count"  # only grows; shown with the suffix _total
    GAUGE = "gauge"
    OBSERVE = "observe"  # shown as _bucket, _sum and _count


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table."""

    kind: Kind
    about: str
    labels: tuple[str, ...] = ()


METRICS: Final[Mapping[str, Metric]] = MappingProxyType(
    {
        # arXiv
        "feed_checks": Metric(Kind.COUNT, "Looks at arXiv's feed.", ("outcome",)),
        "feed_age_seconds": Metric(
            Kind.GAUGE, "Seconds since a look at the feed last brought unseen papers."
        ),
        "feed_batch_size": Metric(Kind.GAUGE, "Papers in the last batch that brought any."),
        "feed_late": Metric(Kind.GAUGE, "1 while an announcement that should be out is not seen."),
        "feed_days_missing": Metric(
            Kind.GAUGE, "Announcement days within reach whose papers are still to be caught up."
        ),
        # digests
        "digests_due": Metric(Kind.GAUGE, "Subscriptions whose digest was due at the last tick."),
        "digests_planned": Metric(
            Kind.COUNT, "Digests made; `empty` is yes for those without papers.", ("empty",)
        ),
        "digests_waiting_for_feed": Metric(
            Kind.GAUGE, "1 while due digests wait for a late announcement."
        ),
        "planning_seconds": Metric(Kind.OBSERVE, "Seconds one round of planning took."),
        "model_calls": Metric(Kind.COUNT, "Calls to the language model.", ("outcome",)),
        "model_tokens": Metric(Kind.COUNT, "Tokens, as the model counts them.", ("direction",)),
        "embedding_calls": Metric(Kind.COUNT, "Calls to the embedding model.", ("outcome",)),
        "embedded_texts": Metric(Kind.COUNT, "Papers and sentences that it made vectors of."),
        # delivery
        "outbox_messages": Metric(Kind.GAUGE, "Messages in the outbox by state.", ("state",)),
        "messages_sent": Metric(Kind.COUNT, "Messages delivered.", ("platform",)),
        "messages_retried": Metric(
            Kind.COUNT, "Messages put back to be tried again.", ("platform",)
        ),
        "messages_given_up": Metric(Kind.COUNT, "Messages that will never be sent.", ("platform",)),
        "send_seconds": Metric(Kind.OBSERVE, "Seconds one call took.", ("platform",)),
        "platform_pauses": Metric(
            Kind.COUNT, "Times a whole platform was left alone for a while.", ("platform",)
        ),
        "destinations_disabled": Metric(
            Kind.COUNT, "Channels that began to refuse us.", ("platform",)
        ),
        "destinations_refusing": Metric(Kind.GAUGE, "Channels that refuse us now."),
        # the process
        "job_seconds": Metric(Kind.OBSERVE, "Seconds a job took.", ("job",)),
        "job_failures": Metric(Kind.COUNT, "Jobs that ended in an error.", ("job",)),
        "rows_pruned": Metric(Kind.COUNT, "Rows removed by housekeeping.", ("table",)),
        "tick_age_seconds": Metric(Kind.GAUGE, "Seconds between the last two ticks."),
        "loop_lag_seconds": Metric(
            Kind.GAUGE, "The longest the event loop was held up in the last full second."
        ),
        "loop_lag_max_seconds": Metric(
            Kind.GAUGE, "The longest the event loop was held up since the start."
        ),
        "ready": Metric(Kind.GAUGE, "1 while the service is ready."),
        "build_info": Metric(Kind.GAUGE, "1, with the version as its label.", ("version",)),
    }
)


class PrometheusTelemetry:
    """A `Telemetry` with a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._collectors = {name: self._collector(name, each) for name, each in METRICS.items()}
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """`amount` more of something."""
        if isinstance(found := self._find(name, Kind.COUNT, labels), Counter):
            found.inc(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """How something stands now."""
        if isinstance(found := self._find(name, Kind.GAUGE, labels), Gauge):
            found.set(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """One more measurement."""
        if isinstance(found := self._find(name, Kind.OBSERVE, labels), Histogram):
            found.observe(value)

    def page(self) -> tuple[bytes, str]:
        """The page for Prometheus and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _find(self, name: str, kind: Kind, labels: Mapping[str, str]) -> _Collector | None:
        metric = METRICS.get(name)
        if metric is None or metric.kind is not kind or set(metric.labels) != set(labels):
            # A figure must never be the reason why papers do not arrive.
            log.error("metrics.unknown", extra={"metric": name, "kind": kind, "labels": labels})
            return None
        collector = self._collectors[name]
        return collector.labels(**labels) if labels else collector

    def _collector(self, name: str, metric: Metric) -> _Collector:
        full = f"{PREFIX}_{name}"
        if metric.kind is Kind.COUNT:
            return Counter(full, metric.about, metric.labels, registry=self._registry)
        if metric.kind is Kind.GAUGE:
            return Gauge(full, metric.about, metric.labels, registry=self._registry)
        return Histogram(
            full, metric.about, metric.labels, registry=self._registry, buckets=_SECONDS
        )


def metrics_page() -> str:
    """The reference page of all metrics, as Markdown."""
    suffix = {Kind.COUNT: "_total", Kind.GAUGE: "", Kind.OBSERVE: ""}
    what = {Kind.COUNT: "counter", Kind.GAUGE: "gauge", Kind.OBSERVE: "histogram"}
    rows = [
        f"| `{PREFIX}_{name}{suffix[each.kind]}` | {what[each.kind]} | "
        f"{', '.join(f'`{label}`' for label in each.labels)} | {each.about} |"
        for name, each in METRICS.items()
    ]
    return "\n".join(
        [
            "# Metrics",
            "",
            "What `papercourier run` shows at `/metrics`, in Prometheus's format, beside the usual",
            "`process_*` and `python_info`. Each process shows its own; what stands in the",
            "database (outbox, subscriptions, feed) is the same in all of them.",
            "",
            "| Metric | Kind | Labels | What it says |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(metrics_page())
