"""The passages of a paper nearest to a question, for where there is no model to answer it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.domain.answer import Quote
from bot.domain.common_words import COMMON_WORDS
from bot.domain.folding import folded_words
from bot.domain.inert import inert
from bot.domain.paper_text import SectionKind, TextSection
from bot.domain.text import collapse, sentences

_SHOWN = 3
_SHORTEST, _LONGEST = 30, 700  # characters; outside it is a heading, a row or a page without stops
_COMMON = 0.25  # a word in so many of all papers tells nothing of this one
_UNREAD = frozenset((SectionKind.REFERENCES, SectionKind.ACKNOWLEDGEMENTS))
_ASKING = """
a an any are at be by can could did do doe does for from had has have how if in into is it its many
me much of on or paper please say should tell than that the their them there these they this those
to was were what when where which who whom whose why will with would you
"""
_QUESTION_WORDS = frozenset(_ASKING.split())


def telling_passages(
    question: str, sections: Sequence[TextSection], *, limit: int = _SHOWN
) -> tuple[Quote, ...]:
    """Sentences that share the question's telling words, best first, word for word.

    A word tells more the fewer sentences of the paper hold it; two words that stand side by side
    in both tell once more. Empty when no sentence shares one.
    """
    asked = [word for word in folded_words(question) if _tells(word)]
    pairs = set(pairwise(asked))
    found = list(_sentences(sections))
    words = [folded_words(sentence) for sentence, _ in found]
    holding = Counter(word for each in words for word in set(each))
    worth = {word: math.log(1 + len(found) / holding[word]) for word in asked if holding[word]}
    scores = [_score(each, worth, pairs) for each in words]
    best = sorted(range(len(found)), key=lambda place: -scores[place])
    passages: dict[str, Quote] = {}
    for place in best:
        if len(passages) == limit or not scores[place]:
            break
        sentence, heading = found[place]
        passages.setdefault(sentence, Quote(collapse(inert(sentence)), collapse(inert(heading))))
    return tuple(passages.values())


def _sentences(sections: Sequence[TextSection]) -> Iterator[tuple[str, str]]:
    for section in sections:
        if section.kind not in _UNREAD:
            for sentence in sentences(section.text):
                if _SHORTEST <= len(sentence) <= _LONGEST:
                    yield sentence, section.heading


def _tells(word: str) -> bool:
    return word not in _QUESTION_WORDS and COMMON_WORDS.get(word, 0.0) < _COMMON


def _score(words: Sequence[str], worth: dict[str, float], pairs: set[tuple[str, str]]) -> float:
    shared = sum(worth.get(word, 0.0) for word in set(words))
    together = sum(
        max(worth.get(a, 0.0), worth.get(b, 0.0)) for a, b in set(pairwise(words)) & pairs
    )
    # A long sentence shares words by chance.
    return (shared + together) / (1 + math.log1p(len(words) / 20))
