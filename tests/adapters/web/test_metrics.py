"""The table of metrics, and that the code keeps to it."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.web.metrics import METRICS, Kind, PrometheusTelemetry, metrics_page

ROOT = Path(__file__).resolve().parents[3]


def told_in_the_code() -> Iterator[tuple[str, str, str, frozenset[str]]]:
    """Every `telemetry.count("name", ...)`: where, kind, name, labels."""
    for folder in ("bot", "adapters"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Attribute(
                            value=ast.Attribute(attr="_telemetry") | ast.Name(id="telemetry"),
                            attr="count" | "gauge" | "observe" as kind,
                        ),
                        args=[ast.Constant(value=str(name)), *_],
                        keywords=keywords,
                    ):
                        labels = frozenset(each.arg or "**" for each in keywords)
                        yield f"{path.name}:{node.lineno}", kind, name, labels - {"amount"}


def test_whatever_the_code_tells_stands_in_the_table() -> None:
    told = list(told_in_the_code())

    strangers = [
        f"{place}: {kind} {name} {sorted(labels)}"
        for place, kind, name, labels in told
        if (metric := METRICS.get(name)) is None
        or metric.kind != kind
        or frozenset(metric.labels) != labels
    ]

    assert len(told) > 3
    assert strangers == []


def test_two_registries_in_one_process_do_not_meet() -> None:
    first, second = PrometheusTelemetry(), PrometheusTelemetry()

    first.gauge("ready", 1)

    assert b"papercourier_ready 1.0" in first.page()[0]
    assert b"papercourier_ready 0.0" in second.page()[0]


@pytest.mark.parametrize(
    ("name", "labels"), [("no_such_metric", {}), ("messages_sent", {}), ("ready", {"x": "y"})]
)
def test_a_wrong_figure_is_logged_and_never_raises(
    name: str, labels: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        PrometheusTelemetry().count(name, 1, **labels)

    assert [each.getMessage() for each in caplog.records] == ["metrics.unknown"]


def test_a_measurement_has_a_sum_and_a_count() -> None:
    telemetry = PrometheusTelemetry()

    telemetry.observe("job_seconds", 2.5, job="plan")

    page = telemetry.page()[0].decode()
    assert 'papercourier_job_seconds_sum{job="plan"} 2.5' in page
    assert 'papercourier_job_seconds_count{job="plan"} 1.0' in page


def test_the_reference_page_is_what_the_table_says() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")

    assert page == metrics_page()
    assert all(metric.about.endswith(".") and metric.kind in Kind for metric in METRICS.values())
