"""Whether the numbers of a summary are those of its paper.

A figure is found when the paper's text holds the same value in the same unit: rounded to the
digits the summary shows, with thousands marked in any way, converted where that is exact (ms and
s, GB and MB, 0.344 and 34.4 %), and its sign told in words if need be. A changed unit is not found.
What a summary leaves bare may carry any unit in the paper; what the paper leaves bare (a table's
cell) fits percent and times when it has decimals, and any unit that the paper names apart, as in
"Latency (ms)". Names with digits (GPT-4, H100) are looked up as words.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.figures import Figure, FigureKind, figures, plain_text
from bot.domain.units import BARE, PERCENT, TIMES, UNITS, Unit, unit_of

__all__ = ["CheckedFigure", "Figure", "FigureKind", "PaperFigures", "check_figures", "figures"]

_NAMES_CHECKED = 200  # looking up a name costs a search of the whole text
_FIGURES_READ = 50_000  # of a paper; most have fewer than 3,000
_LONGEST_TEXT = 1_000_000  # characters; a thesis has half of that
_EXACT_BELOW = 10  # a bare "3" is a count, not a rounded 2.7
_CLOSE = 1e-9  # relative: what floats lose
_TWO_DECIMALS = 0.011
_FALL_REACH = 80  # characters between "reduces" and the figure it speaks of
_DECIMAL_COMMA = frozenset(
    [
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "ru",
        "uk",
        "cs",
        "sk",
        "da",
        "sv",
        "nb",
        "no",
        "fi",
        "tr",
        "id",
        "ro",
        "hu",
        "bg",
        "el",
        "hr",
        "sl",
        "sr",
        "ca",
        "vi",
    ]
)
_CURRENCIES = (UNITS["$"], UNITS["€"], UNITS["£"])
_SHOWN = "as shown"  # every numeral of the paper without its unit
_IN_NAMES = "in names"
_OF_COUNTS = (BARE.dimension, TIMES.dimension, UNITS["bit"].dimension)  # "three" is not 3 ms


@dataclass(frozen=True, slots=True)
class CheckedFigure:
    """A figure of a summary, and whether its paper holds it."""

    figure: Figure
    is_found: bool


def check_figures(
    summary_text: str, paper: str | PaperFigures, *, language: str = "en"
) -> tuple[CheckedFigure, ...]:
    """Every figure of `summary_text`, looked up in the paper's text.

    `language` (BCP 47) tells how "1,234" is read. Words below two ("one method") are no figures,
    nor are counts of the summary's own points ("three contributions").
    """
    if isinstance(paper, str):
        paper = PaperFigures(paper)
    has_decimal_comma = language.partition("-")[0].lower() in _DECIMAL_COMMA
    names_left = _NAMES_CHECKED
    checked = []
    for figure in figures(summary_text):
        if figure.kind is FigureKind.WORD and _is_no_claim(figure, summary_text):
            continue
        if figure.kind is FigureKind.NAME:
            names_left -= 1
            if names_left < 0:
                continue
        values = [figure.value]
        if has_decimal_comma and figure.other_reading is not None:
            values.append(figure.other_reading)
        is_found = any(paper.holds(figure, value) for value in values) or (
            # "Llama 3.1" of the summary is the paper's "Llama-3.1".
            figure.kind is FigureKind.NUMERAL
            and (word := _NAME_BEFORE.search(summary_text, max(0, figure.start - 40), figure.start))
            is not None
            and paper.says(summary_text[word.start() : figure.end])
        )
        checked.append(CheckedFigure(figure, is_found))
    return tuple(checked)


_NAME_BEFORE = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9.\-]*\s$")
_OWN_NOUN = re.compile(
    r"[\s\-]?(?:(?:main|key|core|major|important|central|wichtige\w*|zentrale\w*)\s)?"
    r"(?:contributions?|points?|aspects?|parts?|ways?|reasons?|findings?|takeaways?|insights?"
    r"|limitations?|conclusions?|questions?|things|beiträge|erkenntnisse|contribuciones)\b"
    r"|[个個点點项項]?(?:主要|核心|关键)?(?:贡献|方面|结论|发现|部分|局限)",
    re.IGNORECASE,
)


def _is_no_claim(word: Figure, text: str) -> bool:
    return word.value < 2 or _OWN_NOUN.match(text, word.end) is not None  # noqa: PLR2004 - zero, one


class PaperFigures:
    """A paper's figures, arranged for look-up: built once, asked for every section."""

    def __init__(self, text: str) -> None:
        text = text[:_LONGEST_TEXT]
        plain = plain_text(text)
        self._words = plain.lower()
        named = _units_named_apart(plain)
        falls = [match.start() for match in _FALL.finditer(text)]
        sizes: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
        for figure in figures(text, limit=_FIGURES_READ):
            is_down = figure.value < 0 or _any_between(
                falls, figure.start - _FALL_REACH, figure.start
            )
            for dimension, value in _entries(figure, text, named):
                sizes[dimension].append((abs(value), is_down))
        for match in _DOUBLED.finditer(plain):
            sizes[TIMES.dimension].append((3.0 if match["triple"] else 2.0, False))
        self._sizes = {dimension: sorted(entries) for dimension, entries in sizes.items()}

    def holds(self, figure: Figure, value: float) -> bool:
        """Whether the paper has this figure of a summary, its value read as `value`."""
        if figure.kind is FigureKind.NAME:
            return self.says(figure.text)
        unit = figure.unit
        if unit == BARE:
            return self._holds_bare(value, figure)
        if self._near(unit.dimension, value * unit.factor, figure.quantum * unit.factor):
            return True
        # TeX's dollars are not always told from the American ones.
        if unit in _CURRENCIES and self._near(BARE.dimension, value, figure.quantum):
            return True
        return figure.is_unit_inherited and self._holds_bare(value, figure)

    def says(self, name: str) -> bool:
        """Whether the paper's text has this name, however it is joined and capitalised."""
        chunks = re.findall(r"[0-9]+(?:\.[0-9]+)*|[^\W0-9_]+", name.lower())
        if len(chunks) > 1 and chunks[-1] == "s":
            chunks.pop()  # A100s
        pattern = r"[\W_]{0,3}".join(map(re.escape, chunks))
        return bool(
            re.search(rf"(?:(?<![^\W_])|(?<=[0-9][x×])){pattern}(?!s?+[^\W_]|\.[0-9])", self._words)
        )

    def _holds_bare(self, value: float, figure: Figure) -> bool:
        if self._near(_IN_NAMES, value, 0.0):
            return True
        if figure.kind is FigureKind.WORD or (figure.quantum >= 1 and abs(value) < _EXACT_BELOW):
            return any(self._near(dimension, value, 0.0) for dimension in _OF_COUNTS)
        if self._near(_SHOWN, value, figure.quantum):
            return True
        is_fraction = 0 < value < 1 and 0 < figure.quantum < _TWO_DECIMALS
        return is_fraction and self._near(PERCENT.dimension, value * 100, figure.quantum * 100)

    def _near(self, dimension: str, value: float, quantum: float) -> bool:
        """Whether some figure rounds to `value` where the last digit shown is worth `quantum`."""
        sizes = self._sizes.get(dimension, [])
        slack = quantum / 2 + abs(value) * _CLOSE
        index = bisect_left(sizes, (abs(value) - slack, False))
        while index < len(sizes) and sizes[index][0] <= abs(value) + slack:
            # "-3.2" is what "reduced by 3.2" says, but not what "improved by 3.2" says.
            if value >= 0 or sizes[index][1]:
                return True
            index += 1
        return False


_FALL = re.compile(
    r"reduc|decreas|drop|lower|fewer|less|declin|loss|lose|degrad|fall|fell|cut|shrink|sav(?:e|ing)"
    r"|faster|below|worse|negative",
    re.IGNORECASE,
)
_DOUBLED = re.compile(
    r"\b(?:twice|doubl(?:e|es|ed|ing)|(?P<triple>thrice|tripl(?:e|es|ed|ing)))\b", re.IGNORECASE
)
_TIMES_BEFORE = re.compile(
    r"(?:speed-?ups?|accelerations?|factors?|improvements?|reductions?|ratios?)\sof\s"
    r"(?:up\sto\s|about\s|over\s|nearly\s)?$",
    re.IGNORECASE,
)
_APART = re.compile(
    r"[(\[](?:in\s)?(?P<unit>[%A-Za-zµμ°$€]{1,12})(?:/[A-Za-z]{1,12})?[)\]]|\s(?P<percent>%)\s"
)


def _units_named_apart(text: str) -> tuple[Unit, ...]:
    """The units a table's head names: "Latency (ms)"."""
    spellings = {match["unit"] or match["percent"] for match in _APART.finditer(text)}
    return tuple({unit for spelling in spellings if (unit := unit_of(spelling)) != BARE})


def _entries(figure: Figure, text: str, named: tuple[Unit, ...]) -> Iterator[tuple[str, float]]:
    """Under which dimensions a figure of the paper can be looked for, and its size there."""
    if figure.kind is FigureKind.NAME:
        yield from ((_IN_NAMES, value) for value in _values_in_name(figure.text))
        return
    yield _SHOWN, figure.value
    unit = figure.unit
    if unit != BARE:
        yield unit.dimension, figure.value * unit.factor
        if figure.is_unit_inherited:
            yield BARE.dimension, figure.value
        return
    for other in named:
        yield other.dimension, figure.value * other.factor
    has_decimals = 0 < figure.quantum < 1 and not figure.value.is_integer()
    if has_decimals or _TIMES_BEFORE.search(text, max(0, figure.start - 40), figure.start):
        yield TIMES.dimension, figure.value
    if has_decimals:
        yield PERCENT.dimension, figure.value
        if abs(figure.value) <= 1 and figure.quantum < _TWO_DECIMALS:
            yield PERCENT.dimension, figure.value * 100
    yield BARE.dimension, figure.value


def _values_in_name(name: str) -> Iterator[float]:
    for match in re.finditer(
        r"(?P<number>[0-9]{1,15}(?:\.[0-9]{1,15})?)(?P<scale>[kmbt]\b)?", name.lower()
    ):
        value = float(match["number"])
        yield value
        if match["scale"]:
            yield value * {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}[match["scale"]]


def _any_between(places: list[int], start: int, end: int) -> bool:
    index = bisect_left(places, start)
    return index < len(places) and places[index] < end
