"""A paper's summary: its sections, what was read for it, and its checked numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from bot.domain.numbers import PaperFigures, check_figures


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
class UnverifiedFigure:
    """A figure of the summary that the paper's text does not hold, and where it stands."""

    text: str  # as the summary shows it: "34.4 %"
    section: int  # index into `Summary.sections`
    start: int  # in that section's text
    end: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that an endpoint counted, and so charged."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: int = 0

    @property
    def total_tokens(self) -> int:
        """What a budget in tokens loses."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.calls + other.calls,
        )


@dataclass(frozen=True, slots=True)
class SummaryKey:
    """What there is one summary of; all who want the same share it."""

    arxiv_id: str
    version: int
    language: str
    prompt: str
    model: str

    def __str__(self) -> str:
        return f"{self.arxiv_id}v{self.version} in {self.language} by {self.model}"


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
    figures_checked: int = 0
    figures_found: int = 0
    unverified: tuple[UnverifiedFigure, ...] = ()  # in the order of the text
    reading: str = ""  # what was read, for display: "PDF, 12 of 40 pages"
    cut: str = ""  # one sentence: what of it did not fit into the model's budget
    notices: tuple[str, ...] = ()  # sentences for the reader: cut short, wrong language
    usage: Usage = Usage()  # over every attempt that led to this summary

    @property
    def key(self) -> SummaryKey:
        """What it is stored under."""
        return SummaryKey(self.arxiv_id, self.version, self.language, self.prompt, self.model)

    @property
    def is_extract(self) -> bool:
        """Whether these are the abstract's own sentences, chosen without a model."""
        return self.model == "extractive"

    def numbers_line(self) -> str:
        """What the number check found, for display; "" where there was nothing to check."""
        if not self.figures_checked:
            return ""
        return f"numbers checked: {self.figures_found} of {self.figures_checked}"

    def source_line(self) -> str:
        """What was read, and what of it the model did not get, for display."""
        read = self.reading or (
            "abstract" if self.source is SummarySource.ABSTRACT else self.source.value.upper()
        )
        return f"{read}. {self.cut}" if self.cut else read

    def marked_sections(self, mark: str) -> tuple[SummarySection, ...]:
        """The sections with `mark` set right behind every figure that was not found."""
        ends = {
            section: [figure.end for figure in figures]
            for section, figures in groupby(self.unverified, key=lambda figure: figure.section)
        }
        return tuple(
            replace(section, text=_insert(section.text, mark, ends.get(number, [])))
            for number, section in enumerate(self.sections)
        )


def with_checked_figures(summary: Summary, paper_text: str) -> Summary:
    """The summary, each of its figures looked up in the text that was read."""
    paper = PaperFigures(paper_text)
    checks = [
        (number, check)
        for number, section in enumerate(summary.sections)
        for check in check_figures(section.text, paper, language=summary.language)
    ]
    unverified = tuple(
        UnverifiedFigure(check.figure.text, number, check.figure.start, check.figure.end)
        for number, check in checks
        if not check.is_found
    )
    return replace(
        summary,
        figures_checked=len(checks),
        figures_found=len(checks) - len(unverified),
        unverified=unverified,
    )


def _insert(text: str, mark: str, places: list[int]) -> str:
    for place in reversed(places):
        text = text[:place] + mark + text[place:]
    return text
