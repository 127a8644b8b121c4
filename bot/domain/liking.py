"""What many readers' profiles earn in many papers, in whole numbers like all points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bot.domain.paper_words import PaperWords
from bot.domain.product import Product
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.telling import UNIT, Telling
from bot.domain.term_keys import TermNumbers

_NOBODYS = Profile()

Ints = NDArray[np.int64]
Points = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Liking:
    """Readers x terms that tell x papers."""

    profiles: tuple[Profile, ...]  # one for each reader
    terms: tuple[str, ...]
    weights: csr_array  # (readers x terms), int32, thousandths of a point; none is 0
    product: Product  # of the weights and the shares
    shares: csr_array  # (papers x terms), int32, thousandths of the paper's length; none is 0
    start: Points  # (readers) thousandths for a paper with none of the profile's terms
    most: Points  # (readers) thousandths that a paper earns or loses at most

    @classmethod
    def of(cls, profiles: Sequence[Profile | None], words: PaperWords, rarity: Rarity) -> Liking:
        """All that the readers' profiles say about the papers with these words."""
        given = tuple(profile or _NOBODYS for profile in profiles)
        telling = Telling.of(words, rarity)
        absent = len(telling.terms)
        counts = np.array([len(profile.terms) for profile in given], dtype=np.int64)
        columns = TermNumbers(telling.terms).find(b"".join(profile.keys for profile in given))
        weights = np.frombuffer(b"".join(profile.weights for profile in given), dtype=np.int32)
        there = np.flatnonzero(columns < absent)
        rows = np.repeat(np.arange(len(given)), counts)
        kept = np.cumsum(np.bincount(rows[there], minlength=len(given)))
        starts = np.concatenate(([0], kept)).astype(np.int32)
        weighed = csr_array((weights[there], columns[there], starts), shape=(len(given), absent))
        return cls(
            profiles=given,
            terms=telling.terms,
            weights=weighed,
            product=Product.of(weighed, telling.shares.T.tocsr()),
            shares=telling.shares,
            start=np.array([profile.start for profile in given], dtype=np.int32),
            most=np.array([profile.most for profile in given], dtype=np.int32),
        )

    def among(self, papers: Ints) -> Liking:
        """The same, its product for some of the papers only."""
        return replace(self, product=self.product.among(papers))

    def points(self, readers: slice) -> Points:
        """(readers x papers) what profiles earn, in thousandths of a point."""
        product = self.product.points(readers)
        return limited(product, self.start[readers, None], self.most[readers, None])


def limited(product: Points, start: Points, most: Points) -> Points:
    """The points that weights times shares come to."""
    points: Points = np.clip(start + product // UNIT, -most, most)
    return points


def beside_terms(learned: Points, from_terms: Points, least: Points) -> Points:
    """What of the `learned` points counts beside those of the terms.

    A paper that the terms match (with `least` points or more) may sink, but stays matched.
    """
    counted: Points = np.maximum(learned, np.minimum(from_terms, least) - from_terms)
    return counted
