"""What an examination of the installation found, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one thing stands."""

    WELL = "ok"
    NOTE = "note"  # works, but somebody should know
    FAULT = "fault"  # something people would miss does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str  # "database", "arXiv", "Slack"
    verdict: Verdict
    sentence: str  # for a fault it names the mend


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything that was found."""

    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing was found that keeps the bot from its work."""
        return all(each.verdict is not Verdict.FAULT for each in self.findings)


def well(topic: str, sentence: str) -> Finding:
    """It works."""
    return Finding(topic, Verdict.WELL, sentence)


def note(topic: str, sentence: str) -> Finding:
    """It works, but."""
    return Finding(topic, Verdict.NOTE, sentence)


def fault(topic: str, sentence: str) -> Finding:
    """It does not work; `sentence` names the mend."""
    return Finding(topic, Verdict.FAULT, sentence)
