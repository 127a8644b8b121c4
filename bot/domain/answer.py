"""The answer to a question about one paper, and the passages that bear it out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain.summary import SummarySource, Usage

DOES_NOT_SAY = "The paper does not say."


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage that stands word for word in the text that was read."""

    text: str  # as the paper has it
    section: str = ""  # the heading above it; "" where there is none


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model says to one question about one version of one paper."""

    arxiv_id: str
    version: int
    question: str
    language: str  # BCP 47
    model: str
    source: SummarySource
    text: str  # `DOES_NOT_SAY` where the paper does not
    is_answered: bool
    quotes: tuple[Quote, ...] = ()
    quotes_claimed: int = 0  # how many the model gave; those not in the paper are left out
    reading: str = ""  # what was read, for display: "PDF, 12 of 40 pages"
    cut: str = ""  # one sentence: what of it did not fit into the model's budget
    notices: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)

    @property
    def is_passages(self) -> bool:
        """Whether no model was asked: the quotes are passages that may hold an answer."""
        return self.model == "extractive"

    def quotes_line(self) -> str:
        """What the look-up of the quotes found, for display; "" where there were none."""
        if not self.quotes_claimed:
            return ""
        return f"quotes checked: {len(self.quotes)} of {self.quotes_claimed}"


_SAME = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
        "‘": "'", "’": "'", "‚": "'", "′": "'", "`": "'",
        "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-",
    }
)  # fmt: skip
_GAP = re.compile(r"\s+")
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<heading>.+)$", re.MULTILINE)
_SHORTEST_QUOTE = 12  # characters; a word or two would be found in any paper


def verbatim_quotes(claimed: Iterable[str], text: str) -> tuple[Quote, ...]:
    """Those of `claimed` that stand word for word in `text`, in its wording, each once.

    White space, the shape of quotation marks and dashes, case and an ellipsis or quotation marks
    around the passage do not matter; anything else does. Headings in `text` are lines after "#".
    """
    flat, places = _flatten(text)
    found: dict[str, Quote] = {}
    for quote in claimed:
        wanted = _flatten(quote)[0].strip()
        bare = wanted.strip(" \"'.…[]")
        if len(bare) < _SHORTEST_QUOTE:
            continue
        wanted = wanted if wanted in flat else bare
        start = flat.find(wanted)
        if start >= 0:
            first, last = places[start], places[start + len(wanted) - 1]
            passage = _GAP.sub(" ", text[first : last + 1])
            found.setdefault(passage, Quote(passage, _heading_above(text, first)))
    return tuple(found.values())


def _flatten(text: str) -> tuple[str, list[int]]:
    """The text without the differences that do not count, and where each character stood."""
    characters: list[str] = []
    places: list[int] = []
    was_gap = True
    for place, character in enumerate(text):
        is_gap = character.isspace()
        if not (is_gap and was_gap):
            lowered = character.lower()
            characters.append(" " if is_gap else lowered[0].translate(_SAME))
            places.append(place)
        was_gap = is_gap
    return "".join(characters), places


def _heading_above(text: str, place: int) -> str:
    heading = ""
    for match in _HEADING.finditer(text, 0, place):
        heading = match["heading"].strip()
    return heading
