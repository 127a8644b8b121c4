"""Terms looked up by the million: by their hashes, in arrays, without touching the words.

Looking a word up in a dictionary waits for memory three times; here nothing but two small arrays
is read. Two different words of the same hash, which has 64 bits, would be taken for one: with a
hundred thousand words on either side that happens once in a thousand million days.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_BUCKET_BITS = 18  # of the hash: few words share a bucket
_AT_ONCE = 1 << 15  # keys: what is worked out of them stays near the processor
_ODD = 0x9E3779B97F4A7C15  # spreads whatever is multiplied by it

Keys = NDArray[np.uint64]
Places = NDArray[np.int32]


def keys_of(terms: Iterable[Hashable]) -> array[int]:
    """The hash of each term; in another process it is another."""
    return array("q", map(hash, terms))


def numbered(keys: Keys) -> tuple[Places, Places]:
    """The number of each key, counted by first appearance, and where each first appears.

    A table of the keys' leading bits, in which the first of those with the same bits settles all
    that are its equals; the few that are left have another try with other bits.
    """
    bits = max(10, len(keys).bit_length() + 1)
    table = np.empty(1 << bits, dtype=np.int32)
    first = np.empty(len(keys), dtype=np.int32)
    left, wanted, odd = np.arange(len(keys), dtype=np.int32), keys, _ODD
    while len(left):
        slot = ((wanted * np.uint64(odd)) >> np.uint64(64 - bits)).astype(np.int32)
        table[slot[::-1]] = left[::-1]  # the last one written stays
        met = table[slot]
        is_same = keys[met] == wanted
        first[left] = met
        left, wanted = left[~is_same], wanted[~is_same]
        odd = odd * _ODD % (1 << 64)
    is_first = first == np.arange(len(keys), dtype=np.int32)
    number = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    return number[first], np.flatnonzero(is_first).astype(np.int32)


class TermNumbers:
    """The place of each of some different terms."""

    def __init__(self, terms: Sequence[Hashable]) -> None:
        keys = _unsigned(keys_of(terms))
        self._order = np.append(np.argsort(keys), len(terms)).astype(np.int32)
        self._keys = keys[self._order[:-1]]
        ends = np.arange((1 << _BUCKET_BITS) + 1)
        self._starts = np.searchsorted(_bucket(self._keys), ends).astype(np.int32)

    def find(self, keys: bytes) -> Places:
        """The place of the term with each of these keys; as many as there are terms if none has."""
        wanted = _unsigned(keys)
        found = np.empty(len(wanted), dtype=np.int32)
        for start in range(0, len(wanted), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            found[part] = self._find(wanted[part])
        return found

    def _find(self, wanted: Keys) -> Places:
        bucket = _bucket(wanted)
        at, end = self._starts[bucket], self._starts[bucket + 1]
        found = np.full(len(wanted), len(self._keys), dtype=np.int32)
        left = np.flatnonzero(at < end)
        while len(left):
            is_it = self._keys[at[left]] == wanted[left]
            found[left[is_it]] = at[left[is_it]]
            left = left[~is_it]
            at[left] += 1
            left = left[at[left] < end[left]]
        places: Places = self._order[found]
        return places


def _unsigned(keys: bytes | array[int]) -> Keys:
    return np.frombuffer(keys, dtype=np.uint64)


def _bucket(keys: Keys) -> Places:
    return (keys >> np.uint64(64 - _BUCKET_BITS)).astype(np.int32)
