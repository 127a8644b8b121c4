"""Telemetry that remembers."""

from collections import Counter


class Figures:
    """What was told, by name and label values: `counted["sent", "slack"]`."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, ...]] = Counter()
        self.gauges: dict[tuple[str, ...], float] = {}
        self.observed: dict[tuple[str, ...], list[float]] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.counted[name, *labels.values()] += int(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        self.gauges[name, *labels.values()] = value

    def observe(self, name: str, value: float, **labels: str) -> None:
        self.observed.setdefault((name, *labels.values()), []).append(value)
