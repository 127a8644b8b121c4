"""Many texts cut at once into chunks without spaces; equal chunks share a number.

Nearly all chunks are met again and again. So the letters of eight at a time are read as one
number, chunks are told apart by a few such numbers, and only the different ones become objects.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.term_keys import Keys, Places, numbered

_END = b"\xff"  # of a text: no such byte is in UTF-8
_IN_WORDS = {ord(char): None for char in "'+#"}
_PARTS = string.punctuation.translate(_IN_WORDS) + string.whitespace + "\0"
_LOWER_TO_SPACES = bytes.maketrans(
    (string.ascii_uppercase + _PARTS).encode(),
    (string.ascii_lowercase + " " * len(_PARTS)).encode(),
)
_AT_A_TIME = 8  # letters
_FIRST_LETTERS = np.array([(1 << 8 * letters) - 1 for letters in range(9)], dtype=np.uint64)
# Unknown outside, or somebody could write chunks that are taken for others.
_SECRET = np.uint64(hash("chunks") & ((1 << 64) - 1))
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))


@dataclass(frozen=True, slots=True)
class Chunks:
    """The chunks of some texts in order, lower-case and in UTF-8, b"" after every text."""

    different: list[bytes]  # in the order in which they first appear
    numbers: Places  # which of the different ones stands at each place


def chunks_of(texts: Iterable[str]) -> Chunks:
    """Cut `texts`: each chunk holds few words, or none; `raw_words` finds them."""
    # Half a surrogate pair is in no word, like the question mark that takes its place.
    encoded = [text.encode(errors="replace") for text in texts]
    data = _END.join((*encoded, b"")).translate(_LOWER_TO_SPACES)
    letters = np.frombuffer(data, dtype=np.uint8)
    is_end = letters == _END[0]
    is_gap = is_end | (letters == ord(" "))
    is_border = np.diff(is_gap, prepend=True)
    starts = np.flatnonzero((is_border & ~is_gap) | is_end)
    lengths = np.zeros(len(starts), dtype=np.int64)
    is_chunk = ~is_end[starts]
    lengths[is_chunk] = np.flatnonzero(is_border & is_gap) - starts[is_chunk]
    numbers, first = numbered(_keys(data, starts, lengths))
    begin, end = starts[first], starts[first] + lengths[first]
    return Chunks([data[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)], numbers)


def _keys(data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Keys:
    """A number for each chunk, another one for another chunk.

    Of up to eight letters that is certain; two longer ones agree once in 2^64 times.
    """
    # The eight letters from every byte on; no chunk holds the NUL that fills up short ones.
    padded = data + bytes(_AT_A_TIME)
    eight = np.ndarray((len(data) + 1,), dtype="<u8", buffer=padded, strides=(1,))
    keys = _mixed((eight[starts] & _FIRST_LETTERS[np.minimum(lengths, _AT_A_TIME)]) ^ _SECRET)
    longer = np.flatnonzero(lengths > _AT_A_TIME)
    read = _AT_A_TIME
    while len(longer):
        left = np.minimum(lengths[longer] - read, _AT_A_TIME)
        keys[longer] = _mixed(keys[longer] ^ (eight[starts[longer] + read] & _FIRST_LETTERS[left]))
        read += _AT_A_TIME
        longer = longer[lengths[longer] > read]
    return keys


def _mixed(keys: Keys) -> Keys:
    """Every bit moved by all others; different keys stay different."""
    for odd in _ODD:
        keys = keys * odd
        keys ^= keys >> np.uint64(32)
    return keys
