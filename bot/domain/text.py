"""Text fit to be read: no LaTeX, no entities, nothing hidden; and cut into sentences."""

from __future__ import annotations

import html
import re
from functools import lru_cache

from bot.domain.latex import unlatex
from bot.domain.latex_symbols import words

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_LATEX_MARKS = ("\\", "$", "^", "{", "}", "~", "``", "--")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_HIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e0fff]"
)

_FILLERS = "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters by name, "printable", and blank

_BOUNDARY = re.compile(
    r"""(?P<end>[.!?…]["”’'»)\]]*)(?=\s+["“‘'«(\[]*[^\W_a-z])|(?P<wide>[。！？]["”’」』）]*)|\n\s*\n"""
)
_LAST_WORD = re.compile(r"\S+\Z")
_NEXT_WORD = re.compile(r"\W*(\w+)")
_ABBREVIATIONS = words(
    "e.g i.e et.al al cf vs viz resp approx ca fig figs eq eqs eqn eqns sec secs tab tabs ref refs"
    " no nos vol vols pp ch chap app thm def defn lem prop cor alg dr prof mr mrs ms st jr sr"
    " w.r.t s.t a.k.a dept univ inc ed eds i.i.d"
)
_STARTERS = words(
    "We The This These Our In It However Here To For Moreover Furthermore Finally As While By On"
    " Experiments Results Extensive Code"
)


@lru_cache(maxsize=4096)
def readable(text: str) -> str:
    r"""`text` as people read it: LaTeX accents, commands and simple math become Unicode.

    Entities that were escaped twice are undone once more; control characters, bidirectional
    overrides and zero-width characters go. Line breaks stay. Broken LaTeX stays readable; this
    never raises. Source of the markup: info.arxiv.org/help/prep (titles, authors, abstracts).
    """
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if any(mark in text for mark in _LATEX_MARKS):
        text = unlatex(text)
    if text.replace("\n", "").isprintable() and not any(mark in text for mark in _FILLERS):
        return text  # by far the most: nothing is hidden in it
    return _HIDDEN.sub("", _LINE_END.sub("\n", text))


def collapse(text: str) -> str:
    """`text` with each run of white space made one space, and none at its ends."""
    return " ".join(text.split())


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of `text` in order, white space collapsed, none of them empty."""
    found: list[str] = []
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        if boundary["end"] and not _ends_sentence(text, start, boundary):
            continue
        found.append(collapse(text[start : boundary.end()]))
        start = boundary.end()
    found.append(collapse(text[start:]))
    return tuple(sentence for sentence in found if sentence)


def _ends_sentence(text: str, start: int, boundary: re.Match[str]) -> bool:
    if boundary[0] != ".":
        return True
    last = _LAST_WORD.search(text, max(start, boundary.start() - 40), boundary.start())
    word = last[0].lstrip("\"“‘'«([{") if last else ""
    if word.casefold() in _ABBREVIATIONS:
        return False
    if len(word) == 1 and word.isalpha() and word.isupper():  # "J. Doe", but "... in case A. We"
        following = _NEXT_WORD.match(text, boundary.end())
        return bool(following and following[1] in _STARTERS)
    return bool(word) or boundary.start() == start


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut between words and then ended with “…”."""
    if len(text) <= limit:
        return text
    if limit <= 0:
        return ""
    kept = text[: limit - 1]
    if not text[limit - 1].isspace():
        head, _, _ = kept.rpartition(" ")
        # A single overlong word is cut within itself rather than dropped.
        kept = head if len(head) * 2 >= limit else kept
    return kept.rstrip().rstrip(",;:–—-(").rstrip() + "…"
