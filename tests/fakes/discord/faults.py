"""Faults on demand: errors, throttling, and connections cut before or after the work is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Cut = Literal["", "before", "after"]


@dataclass(slots=True)
class Mishap:
    """What happens to the next `times` requests of a route."""

    route: str
    status: int = 0
    code: int = 0
    retry_after: float = 0.0
    is_global: bool = False
    cut: Cut = ""
    is_done: bool = False  # the work is done although the answer is an error
    times: int = 1


@dataclass(slots=True)
class Mishaps:
    """Those that wait for their request."""

    waiting: list[Mishap] = field(default_factory=list)

    def next_of(self, route: str) -> Mishap | None:
        """The mishap of this request; a route ends in "*" to mean all that begin so."""
        for mishap in self.waiting:
            if _fits(mishap.route, route):
                mishap.times -= 1
                if mishap.times <= 0:
                    self.waiting.remove(mishap)
                return mishap
        return None


def _fits(wanted: str, route: str) -> bool:
    return route.startswith(wanted[:-1]) if wanted.endswith("*") else route == wanted
