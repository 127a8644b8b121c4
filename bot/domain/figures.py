"""The figures in a text: numbers with their units, and names that carry digits.

What is a figure: numerals with signs, separators, exponents, scale words and units; number words
(two, zehn, 三个); names with digits in them (GPT-4, CIFAR-10, top-5), which are words rather than
numbers. What is none: dates, years after a preposition, URLs, arXiv IDs, citations in brackets,
numbers of sections, tables and equations, list numerals, ordinals, exponents of variables, and
words such as "twice" or "half".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache
from itertools import islice

from bot.domain.units import (
    BARE,
    CJK_NUMERALS,
    COUNTERS,
    NUMBER_WORDS,
    SCALE_WORDS,
    TIMES,
    UNITS,
    Unit,
    scale_of,
    unit_of,
)


class FigureKind(Enum):
    """How a figure is written."""

    NUMERAL = auto()
    WORD = auto()  # "three"
    NAME = auto()  # "GPT-4": compared as a word


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and where it stands."""

    text: str  # as the text shows it, unit included
    start: int
    end: int
    kind: FigureKind
    value: float = 0.0  # scale words applied, unit not: 1.2 million is 1200000
    quantum: float = 0.0  # what the last digit shown is worth: 0.1 in 34.4
    unit: Unit = BARE
    is_unit_inherited: bool = False  # the 5 of "5-7 %"
    other_reading: float | None = None  # 1.234 as one thousand, where a comma marks decimals


# --- what a text is made of ------------------------------------------------------------------

_L = "A-Za-zÀ-ÖØ-öø-ɏΑ-Ωα-ωА-я"  # without × and ÷; CJK words stand right beside their figures
_DIGITS = "[0-9]{1,15}+"
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|okt"
    r"|dez|janv|févr|mars|avril|juin|juil|août|sept|déc|enero|febrero|marzo|abril|mayo|junio"
    r"|julio|agosto|octubre|diciembre)[a-zéû]{0,8}\.?"
)
_YEAR = "(?:19[5-9][0-9]|20[0-3][0-9])"
_REFERENCE_WORD = (
    r"sections?|secs?|figures?|figs?|tables?|tabs?|equations?|eqs?|eqn|appendix|appendices|app"
    r"|chapters?|theorems?|lemmas?|definitions?|propositions?|corollar(?:y|ies)|algorithms?"
    r"|lines?|pages?|pp?\.|steps?|stages?|phases?|no\.|nr\.|abschnitt|kapitel|tabelle"
    r"|abbildung|schritt|tableau|étape|figura|tabla|sección|paso|раздел|таблица|рис"
)
_SKIPPED = "|".join(
    (
        r"https?://\S{1,2000}|www\.\S{1,2000}|\b10\.[0-9]{4,9}/\S{1,200}",
        r"(?i:arxiv[:\s]{1,2})[0-9]{4}\.[0-9]{4,5}(?:v[0-9]+)?",
        r"(?<![0-9.])(?:0[7-9]|[1-4][0-9])(?:0[1-9]|1[0-2])\.[0-9]{5}(?:v[0-9]{1,2})?(?![0-9])",
        r"(?<![0-9])[0-9]{4}[-/.][01]?[0-9][-/.][0-3]?[0-9](?![0-9])",
        r"(?<![0-9])[0-3]?[0-9][./][01]?[0-9][./](?:19|20)[0-9]{2}(?![0-9])",
        rf"(?i:(?<![0-9])[0-3]?[0-9](?:st|nd|rd|th|\.)?\s(?:de\s)?{_MONTH},?\s(?:de\s)?{_YEAR})",
        rf"(?i:\b{_MONTH}\s(?:[0-3]?[0-9](?:st|nd|rd|th)?,?\s)?{_YEAR})(?![0-9])",
        rf"{_YEAR}\s?[年년](?:\s?[01]?[0-9]\s?[月월](?:\s?[0-3]?[0-9]\s?[日일])?)?",
        r"(?<![0-9])[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9])",
        r"\[[0-9]{1,3}(?:\s?[,;–-]\s?[0-9]{1,3}){0,30}\]",
        rf"(?i:et al\.?),?\s?\(?{_YEAR}[a-z]?\)?",
        rf"\([^()0-9]{{2,80}},?\s{_YEAR}[a-z]?\)",
        (
            rf"(?i:(?<![{_L}])(?:in|since|until|year|by|from|jahr|seit|en|depuis|desde|до|в|с))"
            rf"\s{_YEAR}(?![0-9%×x]|[.,][0-9])"
        ),
        (
            rf"(?i:(?<![{_L}])(?:{_REFERENCE_WORD}|§))[.\s]{{0,2}}\(?[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{0,3}}"
            r"[a-z]?\)?(?![0-9%])(?:\s?(?:,|and|&|–|-|to)\s?[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}(?![0-9.%]))*"
        ),
        rf"第\s?(?:[0-9]{{1,3}}|[{''.join(CJK_NUMERALS)}]{{1,3}})|[图表圖式]\s?[0-9]{{1,3}}",
        r"(?m:^)[ \t]*(?:[-*•][ \t]+)?\(?[0-9]{1,2}[.)、](?![0-9])",
        r"\([0-9]{1,2}\)|(?<=[\s;:,])[0-9]{1,2}\)(?=\s)|#[0-9]+",
        (
            r"(?<![0-9.])[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})*(?![0-9,])"
            r"(?<!\.[0-9]{3}\.[0-9]{3})"
        ),
        rf"[0-9]+(?:st|nd|rd|th)(?![{_L}])|{_YEAR[:-1]}|[0-9]{{3}}0)s(?![{_L}])",
        rf"(?<=[{_L})\]}}])(?:\^|_)\{{?[-−]?[0-9]{{1,4}}\}}?",
        rf"(?<![{_L}0-9])[{_L}]_\{{?[0-9]{{1,3}}\}}?(?![{_L}0-9])",
        r"(?i:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-[a-z]{3,5})",
    )
)


def _alternatives(spellings: Iterable[str]) -> str:
    """A pattern of these spellings, longest first; one in letters ends where letters end."""
    return "|".join(
        re.escape(word) + (f"(?![{_L}0-9])" if re.search(f"[{_L}.]$", word) else "")
        for word in sorted(spellings, key=len, reverse=True)
    )


_NEVER_BEHIND = ("x", "X", "×", "$")  # the first three have a pattern of their own
_UNIT = (
    f"(?P<unit>(?i:{_alternatives(word for word in UNITS if word.islower() and len(word) > 1)})"
    f"|{_alternatives(word for word in UNITS if word not in _NEVER_BEHIND)}"
    rf"|[xX×](?!\s?[0-9]|[{_L}]))"
)
_SCALE = (
    rf"(?P<scale>[kKMBTb](?![{_L}0-9])|(?<=\s)[MB](?![{_L}0-9])|(?i:{_alternatives(SCALE_WORDS)}))"
)
_NUMERAL = (
    r"(?P<sign>(?<![0-9A-Za-z%)\]}])[-–−])?"
    r"(?P<prefix>[$€£]\s?|(?<![0-9]\s)(?<![0-9])×\s?|百分之)?"
    r"(?P<numeral>"
    r"(?<![0-9.,])[0-9]{1,3}(?:[,\u2009\u202f\u00a0'’][0-9]{3})++(?![0-9])(?:\.[0-9]{1,15}+)?"
    r"|(?<![0-9.,])[0-9]{1,3}(?:\.[0-9]{3}){2,5}(?![0-9])"
    rf"|(?<![0-9],){_DIGITS},{_DIGITS}(?![.,][0-9])"
    rf"|{_DIGITS}(?:\.{_DIGITS})?"
    r"|(?<![0-9A-Za-z])\.[0-9]{1,15}+)"
    r"(?:[eE](?P<e>[-−+]?[0-9]{1,3})(?![0-9A-Za-z])"
    r"|\s?[×x·*⋅]\s?10(?:\^\{?(?P<power>[-−]?[0-9]{1,3})\}?|(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"
    r"|(?:\^\{?(?P<own_power>[-−]?[0-9]{1,2})\}?|(?P<own_raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})))?"
    rf"(?:[\s\-]{{0,2}}{_SCALE})?"
    rf"(?:(?:[\s\u2009\u202f\u00a0]{{0,2}}|-(?=[A-Za-z]{{3}})){_UNIT}|(?P<by>[x×](?=[A-Z0-9])))?"
    rf"(?(by)|(?P<tail>[{_L}][{_L}0-9]*+)?)"
)
_WORD = (
    rf"(?i:(?<![{_L}\-])(?P<word>{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})"
    rf"(?:(?=fold)|(?![{_L}0-9]))"
    r"(?!-?\s?(?:thirds?|quarters?|halves|half|fifths?|tenths?|drittel|tiers))"
    rf"(?:\s{_SCALE.replace('<scale>', '<word_scale>')})?"
    rf"(?:[\s\-]{{0,2}}{_UNIT.replace('<unit>', '<word_unit>')})?)"
)
_CJK_WORD = (
    rf"(?<![{''.join(CJK_NUMERALS)}第几百千])(?P<cjk>[二两兩三四五六七八九十])"
    rf"(?=[{COUNTERS}])(?P<cjk_unit>倍)?"
)
_NAME = (
    rf"(?:(?<![{_L}0-9])|(?<=[0-9][x×]))(?!(?i:sub|over|under|near|nearly|non)-[0-9])"
    rf"(?P<name>[{_L}][{_L}0-9]*+(?:[-_@][{_L}0-9]++|(?<=[0-9])\.[0-9]++[{_L}0-9]*+)*+)"
)


@cache
def _token() -> re.Pattern[str]:
    """Everything above as one pattern; it takes a third of a second, so only who needs it pays."""
    return re.compile(f"(?P<skipped>{_SKIPPED})|{_WORD}|{_CJK_WORD}|{_NAME}|{_NUMERAL}")


# --- TeX and typography -----------------------------------------------------------------------

_DRESSED = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|mathit|textit|bm|boldsymbol|operatorname|mathsf)\s?\{"
    r"|\\(?P<command>times|pm|cdot|approx|sim|mu|to|rightarrow|leq?|geq?)(?![A-Za-z])[ ]?"
    r"|\\(?P<escaped>[%$&_#])"
    r"|(?P<power>\^\{\\circ\})|(?P<space>\\[,;: !])|\\[()\[\]]"
    r"|(?<![\w\\}>])\$(?P<currency>(?=[0-9](?:[^$\n]{0,200}(?:\s\$[0-9]|\n)|[^$\n]{0,200}\Z)))|\$"
    r"|(?<![\^_])\{|\}|\*\*|`"
    r"|[０-９．％−﹣∼‑]"
)
_COMMANDS = {
    "times": "×",
    "pm": "±",
    "cdot": "·",
    "approx": "≈",
    "sim": "~",
    "mu": "µ",
    "to": "→",
    "rightarrow": "→",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
}
_WIDE_SIGNS = "０１２３４５６７８９．％−﹣∼‑"
_WIDE = str.maketrans(_WIDE_SIGNS, "0123456789.%−-~-")


def _undress(match: re.Match[str]) -> str:
    if match["currency"] is not None:
        return "$"
    if command := match["command"]:
        return _COMMANDS[command]
    if match["space"]:
        return "\u2009"  # TeX's thin space, within 12\\,345
    if match["power"]:
        return "°"
    return match["escaped"] or (match[0].translate(_WIDE) if match[0] in _WIDE_SIGNS else "")


@dataclass(frozen=True, slots=True)
class _Plain:
    """A text without TeX and emphasis, and the way back to its own positions."""

    text: str
    own_ends: tuple[int, ...]  # where each replacement ends in `text`
    their_ends: tuple[int, ...]  # and where it ended before
    are_gone: tuple[bool, ...]  # whether nothing took its place

    def start_before(self, position: int) -> int:
        """Where in the original text that starts which starts at `position` here."""
        return self._before(bisect_right(self.own_ends, position) - 1, position)

    def end_before(self, position: int) -> int:
        """Where in the original text that ends which ends at `position` here."""
        index = bisect_right(self.own_ends, position) - 1
        while index >= 0 and self.own_ends[index] == position and self.are_gone[index]:
            index -= 1  # what was taken off behind it is no part of it
        return self._before(index, position)

    def _before(self, index: int, position: int) -> int:
        if index < 0:
            return position
        return self.their_ends[index] + position - self.own_ends[index]


def _plain(text: str) -> _Plain:
    parts: list[str] = []
    own_ends: list[int] = []
    their_ends: list[int] = []
    are_gone: list[bool] = []
    last = length = 0
    for match in _DRESSED.finditer(text):
        replacement = _undress(match)
        parts += (text[last : match.start()], replacement)
        length += match.start() - last + len(replacement)
        last = match.end()
        own_ends.append(length)
        their_ends.append(last)
        are_gone.append(not replacement)
    parts.append(text[last:])
    return _Plain("".join(parts), tuple(own_ends), tuple(their_ends), tuple(are_gone))


# --- reading ----------------------------------------------------------------------------------


def figures(text: str, *, limit: int | None = None) -> tuple[Figure, ...]:
    """Every figure of `text`, or its first `limit`, in order; positions are those of `text`."""
    plain = _plain(text)
    found = list(islice(_scan(plain.text), limit))
    for index in range(len(found) - 1, 0, -1):
        found[index - 1] = _inherit(found[index - 1], found[index], plain.text)
    return tuple(_placed(_loosened(figure, plain.text), plain, text) for figure in found)


def plain_text(text: str) -> str:
    """The text as `figures` reads it: TeX and emphasis taken off."""
    return _plain(text).text


def _scan(text: str) -> Iterator[Figure]:
    for match in _token().finditer(text):
        if match["numeral"] is not None:
            yield _numeral(match)
        elif (word := match["word"]) is not None:
            value = NUMBER_WORDS[word.lower()] * scale_of(match["word_scale"] or "")
            yield _figure(match, FigureKind.WORD, value, unit_of(match["word_unit"] or ""))
        elif (numeral := match["cjk"]) is not None:
            unit = TIMES if match["cjk_unit"] else BARE
            yield _figure(match, FigureKind.WORD, float(CJK_NUMERALS[numeral]), unit)
        elif (name := match["name"]) is not None and re.search("[0-9]", name):
            yield _figure(match, FigureKind.NAME, 0.0, BARE)


def _figure(match: re.Match[str], kind: FigureKind, value: float, unit: Unit) -> Figure:
    return Figure(match[0], match.start(), match.end(), kind, value, unit=unit)


def _numeral(match: re.Match[str]) -> Figure:
    if match["tail"]:
        return _figure(match, FigureKind.NAME, 0.0, BARE)  # "3D"
    value, quantum, other = _read(match["numeral"])
    scale = scale_of(match["scale"] or "") if match["scale"] != "b" else 1e9
    if exponent := match["e"] or match["power"] or match["raised"]:
        scale *= 10.0 ** _integer(exponent)
    elif exponent := match["own_power"] or match["own_raised"]:
        value, quantum = _power(value, _integer(exponent)), 0.0
    sign = -1.0 if match["sign"] else 1.0
    prefix = (match["prefix"] or "").strip()
    unit = (
        unit_of("%" if prefix == "百分之" else prefix) if prefix else unit_of(match["unit"] or "")
    )
    end = match.end("by") - 1 if match["by"] else match.end()
    return Figure(
        match.string[match.start() : end],
        match.start(),
        end,
        FigureKind.NUMERAL,
        sign * value * scale,
        quantum * scale,
        unit,
        other_reading=None if other is None else sign * other * scale,
    )


_POWER_DIGITS = 300  # what a float can hold


def _power(base: float, exponent: int) -> float:
    return base**exponent if base and abs(exponent) * len(str(int(base))) <= _POWER_DIGITS else base


def _integer(exponent: str) -> int:
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    return int(exponent.translate(raised))


def _read(numeral: str) -> tuple[float, float, float | None]:
    """Value, worth of the last digit, and the value with point and comma in each other's part."""
    bare = re.sub("[\u2009\u202f\u00a0'’]", "", numeral)
    other: float | None = None
    if "," in bare and "." in bare:
        bare = bare.replace(",", "")
    elif bare.count(".") > 1:
        bare = bare.replace(".", "")
    elif re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+", bare):
        other = float(bare.replace(",", ".")) if bare.count(",") == 1 else None
        bare = bare.replace(",", "")
    elif "," in bare:
        bare = bare.replace(",", ".", 1).replace(",", "")
    elif re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", bare):
        other = float(bare.replace(".", ""))
    decimals = len(bare.partition(".")[2])
    return float(bare), 10.0**-decimals, other


_JOINER = re.compile(
    r"\s{0,2}(?:-|–|—|−|~|〜|/|,|\+/-|±|→|(?:,\s)?(?:to|and|or)|und|bis(?:\szu)?|et|à|ou|y|e|a|و|至|到|和|与|及|、"
    r"|から|vs\.?|versus|against|compared\s(?:to|with))\s{0,2}",
    re.IGNORECASE,
)


_JOINER_LENGTH = 18


def _inherit(figure: Figure, following: Figure, text: str) -> Figure:
    """The 5 of "5-7 %" counts percent too."""
    if (
        figure.unit != BARE
        or following.unit == BARE
        or following.text.startswith(("$", "€", "£", "\\$"))  # a sign in front is nobody else's
        or figure.kind is FigureKind.NAME
        or following.start - figure.end > _JOINER_LENGTH
        or not _JOINER.fullmatch(text[figure.end : following.start])
    ):
        return figure
    return replace(figure, unit=following.unit, is_unit_inherited=True)


_ABOUT = re.compile(
    r"(?:about|around|approximately|approx\.|roughly|nearly|almost|some|over|than|~|≈|约|約|大约|近"
    r"|超过|超|rund|etwa|fast|ca\.|über|knapp|environ|près de|plus de|unos|casi|más de|circa|quasi"
    r"|около|почти|более)\s?$",
    re.IGNORECASE,
)


def _loosened(figure: Figure, text: str) -> Figure:
    """Of "about 1,200" two digits count, not four."""
    if (
        figure.kind is not FigureKind.NUMERAL
        or figure.quantum < 1
        or not _ABOUT.search(text[max(0, figure.start - 16) : figure.start])
    ):
        return figure
    quantum = figure.quantum
    while figure.value and figure.value % (quantum * 10) == 0:
        quantum *= 10
    return replace(figure, quantum=quantum)


def _placed(figure: Figure, plain: _Plain, text: str) -> Figure:
    start, end = plain.start_before(figure.start), plain.end_before(figure.end)
    return replace(figure, text=text[start:end], start=start, end=end)
