"""Words as they are compared: case, accents, hyphens, plurals and possessives folded away.

"KV-caches", "kv cache" and "KV Cache's" are all (kv, cach); the stems are for comparing only.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"([^\W_]+(?:\+\+|#)?)(?:['’]s\b)?")  # c++ and f# are words
_COMPOUND = re.compile(  # written together as often as apart
    r"(multi)(?!pl|tud)[a-z]{4,}|(pre|post)train[a-z]*|(fine)tun[a-z]*"
)
_FIRST_MARK = "\u0300"  # no character before it is a combining one
_FIRST_PARTS = ("multi", "pre", "post", "fine")
_IRREGULAR = {
    "analyses": "analysis",
    "biases": "bias",
    "corpora": "corpus",
    "criteria": "criterion",
    "hypotheses": "hypothesis",
    "indices": "index",
    "lenses": "lens",
    "matrices": "matrix",
    "syntheses": "synthesis",
    "vertices": "vertex",
}
_NO_PLURAL = frozenset(("analysis", "bias", "gas", "has", "is", "its", "lens", "was", "as", "this"))


def folded_words(text: str) -> list[str]:
    """The words of `text` in order, folded."""
    return [part for word in raw_words(text) for part in fold(word)]


def raw_words(text: str) -> list[str]:
    """The words of `text` in order, lower-case and without accents, not yet folded."""
    # Accents first: taking "℠" apart gives capital letters.
    return _WORD.findall(without_accents(text).lower())


def without_accents(text: str) -> str:
    """`text` with letters in place of accented letters and ligatures."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    # No plain letter combines, and most letters are plain.
    return "".join(
        char for char in decomposed if char < _FIRST_MARK or not unicodedata.combining(char)
    )


@lru_cache(maxsize=1 << 17)
def fold(word: str) -> tuple[str, ...]:
    """One lower-case word as one folded word, or two for a closed compound."""
    return tuple(singular(piece) for piece in pieces(word))


def pieces(word: str) -> tuple[str, ...]:
    """`pretraining` as ("pre", "training"), most words as they are."""
    if not word.startswith(_FIRST_PARTS) or not (compound := _COMPOUND.fullmatch(word)):
        return (word,)
    first = next(group for group in compound.groups() if group)
    return first, word[len(first) :]


def singular(word: str) -> str:
    """A lower-case word with its plural folded away; not always a word people write.

    The e after ch, sh, x and ss goes as well, so that "cache", "caches", "box" and "boxes" agree.
    """
    if len(word) <= 2 or word in _NO_PLURAL:  # noqa: PLR2004 - "os" is no plural of "o"
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith(("che", "she", "xe", "sse")):
        return word[:-1]
    return word[:-2] + "y" if word.endswith("ie") and len(word) > 4 else word  # noqa: PLR2004
