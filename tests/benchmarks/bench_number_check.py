"""How often the number check errs, on figures of real abstracts.

True figures are those of an abstract as they stand and written in another way (rounded, percent
in words, thousands marked otherwise, another language). Invented ones are the same figures with a
digit or the unit changed at random. An invented figure that the abstract happens to hold elsewhere
counts as missed all the same.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from bot.domain.numbers import PaperFigures, check_figures
from tests.shared_data import ARXIV_DATA

Row = tuple[str, str, str, bool | None]

_PAPERS = 600
_FLAGGED_AT_MOST = 0.02
_CAUGHT_AT_LEAST = 0.95
_TOGETHER = 10  # abstracts that stand in for a paper's full text

_QUANTITY = re.compile(
    r"(?<![\w.,\-–/^_{(\[$\\])(?P<number>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+\.[0-9]+|[0-9]{2,6})"
    r"(?P<unit>\s?\\?%|\s?[x×](?![\w×])|\s?\$?\\times\$?|\s?ms\b|\s?GB\b)?"
    r"(?![\w,/^_)\]$\\–-]|\.[0-9]|\s?[kKMBT]\b)"
    r"(?!\s(?:thousand|million|billion|trillion)|\s?(?:[x×]|\\times)\s?10)"
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def measure() -> list[Row]:
    """The rows of the benchmark's table."""
    abstracts = list(_abstracts())
    if not abstracts:
        return [("number check", "recorded abstracts are not here", "", None)]
    rng = random.Random(20260121)  # noqa: S311 - no secret, and the same every time
    copied = _share_found(_copied(abstracts))
    rewritten = _share_found(_cases(abstracts, _rewritten, rng))
    invented = _share_found(_cases(abstracts, _invented, rng))
    unit_changed = _share_found(_cases(abstracts, _unit_changed, rng))
    crowded = _share_found(_cases(_joined(abstracts), _invented, rng))
    return [
        _flagged("true figures flagged, sentences copied", copied),
        _flagged("true figures flagged, written in another way", rewritten),
        _caught("invented figures caught, one abstract", invented, must_hold=True),
        _caught("changed units caught, one abstract", unit_changed, must_hold=True),
        _caught(f"invented figures caught, {_TOGETHER} abstracts as one", crowded, must_hold=False),
    ]


def _flagged(what: str, found: tuple[int, int]) -> Row:
    total, missed = found[1], found[1] - found[0]
    share = missed / total
    return what, f"{missed} of {total} ({share:.2%})", "at most 2 %", share <= _FLAGGED_AT_MOST


def _caught(what: str, found: tuple[int, int], *, must_hold: bool) -> Row:
    total, caught = found[1], found[1] - found[0]
    share = caught / total
    target = "at least 95 %" if must_hold else "for comparison"
    holds = share >= _CAUGHT_AT_LEAST if must_hold else None
    return what, f"{caught} of {total} ({share:.2%})", target, holds


Case = tuple[str, PaperFigures, str]  # a sentence, its paper, its language
Change = Callable[[str, str, random.Random], tuple[str, str] | None]


def _share_found(cases: Iterator[Case]) -> tuple[int, int]:
    """How many of all figures were found."""
    found = total = 0
    for sentence, paper, language in cases:
        for check in check_figures(sentence, paper, language=language):
            found += check.is_found
            total += 1
    return found, total


def _abstracts() -> Iterator[str]:
    for path in sorted((ARXIV_DATA / "papers").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number >= _PAPERS // 10:
                    break
                yield json.loads(line)["abstract"]


def _joined(abstracts: list[str]) -> list[str]:
    return [
        "\n\n".join(abstracts[start : start + _TOGETHER])
        for start in range(0, len(abstracts), _TOGETHER)
    ]


def _copied(abstracts: list[str]) -> Iterator[Case]:
    for abstract in abstracts:
        paper = PaperFigures(abstract)
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", abstract):
            yield sentence, paper, "en"


def _cases(abstracts: list[str], change: Change, rng: random.Random) -> Iterator[Case]:
    """Each quantity of each abstract in a sentence of its own, changed."""
    for abstract in abstracts:
        paper = PaperFigures(abstract)
        for match in _QUANTITY.finditer(abstract):
            number = match["number"]
            unit = re.sub(r"[\s$\\]", "", match["unit"] or "").replace("times", "x")
            if (not unit and _YEAR.fullmatch(number)) or re.match("0[0-9]", number):
                continue
            if changed := change(number, unit, rng):
                yield changed[0], paper, changed[1]


def _rewritten(number: str, unit: str, rng: random.Random) -> tuple[str, str] | None:
    value = Decimal(number.replace(",", ""))
    decimals = len(number.partition(".")[2])
    if decimals > 1 and rng.random() < 0.5:
        value = value.quantize(Decimal(10) ** (1 - decimals), rounding=ROUND_HALF_EVEN)
    language = rng.choice(["en", "de", "fr", "zh"])
    if language == "zh" and not unit and value >= 10_000 and value % 1_000 == 0:
        return f"共有{value / 10_000:f}万个样本。", "zh"
    shown = _written(value, language)
    shown += rng.choice(_UNITS[language].get(unit, (unit,)))
    return _SENTENCES[language].format(shown), language


def _written(value: Decimal, language: str) -> str:
    shown = f"{value:,f}"
    if language == "de":
        return shown.translate(str.maketrans(",.", ".,"))
    if language == "fr":
        return shown.translate(str.maketrans(",.", "\u202f,"))
    return shown


_SENTENCES = {
    "en": "The method reaches {} here.",
    "de": "Das Verfahren erreicht {} in diesem Fall.",
    "fr": "La méthode atteint {} dans ce cas.",
    "zh": "该方法达到{}的水平。",
}
_UNITS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "%": ("%", " %", " percent"),
        "x": ("x", "×", " times", "-fold"),
        "×": ("x", "×", " times"),
        "ms": (" ms", " milliseconds"),
    },
    "de": {
        "%": (" %", " Prozent"),
        "x": ("×", "-mal", "-fach"),
        "×": ("×", "-mal"),
        "ms": (" ms", " Millisekunden"),
    },
    "fr": {"%": ("\u202f%", " pour cent"), "x": ("×", " fois"), "×": ("×", " fois")},
    "zh": {"%": ("%", "％"), "x": ("倍", "×"), "×": ("倍", "×"), "ms": ("ms", "毫秒")},
}


def _invented(number: str, unit: str, rng: random.Random) -> tuple[str, str] | None:
    """The figure with one or two of its digits changed; never only by what rounding would do."""
    places = [place for place, digit in enumerate(number) if digit.isdigit()]
    digits = list(number)
    # The last digit alone may be within what the paper rounds; the first must not become 0.
    changeable = places[: max(1, len(places) - 1)]
    for place in rng.sample(changeable, k=rng.choice([1, 1, min(2, len(changeable))])):
        digits[place] = rng.choice([d for d in "123456789" if d != digits[place]])
    return f"The method reaches {''.join(digits)}{unit} here.", "en"


def _unit_changed(number: str, unit: str, rng: random.Random) -> tuple[str, str] | None:
    others = {"%": ("x", " ms", " GB"), "x": ("%", " s"), "×": ("%", " s"), "ms": (" s", "%")}
    others["GB"] = (" MB", " TB", "%")
    if unit not in others:
        return None
    return f"The method reaches {number}{rng.choice(others[unit])} here.", "en"
