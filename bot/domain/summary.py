"""A paper's summary: its sections and where they came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SummarySource(StrEnum):
    """What was read to write the summary."""

    HTML = "html"
    PDF = "pdf"
    ABSTRACT = "abstract"


@dataclass(frozen=True, slots=True)
class SummarySection:
    """One headed part of a summary."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What one model (or the extractive fallback) says of one version of one paper."""

    arxiv_id: str
    version: int
    language: str  # BCP 47: "en", "zh"
    model: str  # "extractive" where no model was asked
    prompt: str  # name and version of the prompt file; "" for extracts
    source: SummarySource
    sections: tuple[SummarySection, ...]

    @property
    def is_extract(self) -> bool:
        """Whether these are the abstract's own sentences, chosen without a model."""
        return self.model == "extractive"
