"""Which announcements a reader may get at all, and in which order equals stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.domain.authors import is_same_author, name_parts
from bot.domain.categories import ARCHIVES, CATEGORIES, same_as
from bot.domain.interests import Interests
from bot.domain.papers import Announcement, AnnounceType

Mask = NDArray[np.bool_]

KINDS = tuple(AnnounceType)
_CROSS_LISTS = {
    AnnounceType.NEW: AnnounceType.CROSS,
    AnnounceType.REPLACE: AnnounceType.REPLACE_CROSS,
}
_AS_CROSS_LIST = np.array([KINDS.index(_CROSS_LISTS.get(kind, kind)) for kind in KINDS])


def codes_covered(categories: Sequence[str]) -> dict[str, int]:
    """Every code that `categories` cover -> the position of the first that does.

    A whole archive covers its categories, and a category its other codes (cs.NA is math.NA).
    """
    covered: dict[str, int] = {}
    for position, category in enumerate(categories):
        codes = [category]
        if category in ARCHIVES:
            codes += [code for code in CATEGORIES if code.startswith(f"{category}.")]
        for code in codes:
            for same in same_as(code):
                covered.setdefault(same, position)
    return covered


class Batch:
    """Announcements as arrays, asked the same questions for thousands of readers.

    What is worked out for one reader is kept for all who ask the same.
    """

    def __init__(self, announcements: Sequence[Announcement]) -> None:
        self.announcements = tuple(announcements)
        self.columns: dict[str, list[int]] = {}  # arXiv ID -> its announcements
        for column, announcement in enumerate(self.announcements):
            self.columns.setdefault(announcement.paper.arxiv_id, []).append(column)
        self._several = [columns for columns in self.columns.values() if len(columns) > 1]
        papers = [announcement.paper for announcement in self.announcements]
        kinds = [announcement.announce_type for announcement in self.announcements]
        self._kind = np.array([kind.precedence for kind in kinds], dtype=np.int64)
        self._is_revision = np.array([kind.is_revision for kind in kinds], dtype=bool)
        self._is_cross_list = np.array([kind.is_cross_list for kind in kinds], dtype=bool)
        self._sequence = np.array([each.sequence for each in self.announcements], dtype=np.int64)
        self._day = np.array([each.announced_on.toordinal() for each in self.announcements])
        self._id_order = np.argsort(np.argsort([paper.arxiv_id for paper in papers], kind="stable"))
        self._primaries: dict[str, int] = {}  # primary category -> its number
        self._primary = np.array(
            [
                self._primaries.setdefault(paper.primary_category, len(self._primaries))
                for paper in papers
            ],
            dtype=np.int64,
        )
        self._listed_in: dict[str, list[int]] = {}
        for column, paper in enumerate(papers):
            for code in paper.categories:
                self._listed_in.setdefault(code, []).append(column)
        self._by_categories: dict[tuple[str, ...], tuple[Mask, Mask, NDArray[np.int64]]] = {}
        self._kinds: dict[tuple[str, ...], NDArray[np.int8]] = {}
        self.masks: list[Mask] = []  # all different
        self._mask_numbers: dict[bytes, int] = {}
        self._audiences: dict[tuple[tuple[str, ...], bool, bool, int, date | None], int] = {}
        self._families: dict[str, list[tuple[int, str, tuple[str, ...]]]] | None = None

    def eligible(self, interests: Interests, *, after_sequence: int, since: date | None) -> Mask:
        """Announcements in the reader's categories, of the kinds asked for, that are not too old.

        Of several announcements of one paper only the latest stays.
        """
        return self.masks[self.audience(interests, after_sequence=after_sequence, since=since)]

    def audience(self, interests: Interests, *, after_sequence: int, since: date | None) -> int:
        """The number of that mask in `masks`: readers who may get the same share one."""
        key = (
            interests.categories,
            interests.cross_lists,
            interests.revisions,
            after_sequence,
            since,
        )
        number = self._audiences.get(key)
        if number is None:
            mask = self._eligible(interests, after_sequence, since)
            number = self._mask_numbers.setdefault(mask.tobytes(), len(self.masks))
            if number == len(self.masks):
                self.masks.append(mask)
            self._audiences[key] = number
        return number

    def tie_order(self, categories: tuple[str, ...] | None) -> NDArray[np.int64]:
        """Each announcement's place among equals: its primary category, then its arXiv ID.

        With None the order in which they were announced.
        """
        if categories is None:
            return np.arange(len(self.announcements))
        return self._categories(categories)[2]

    def kinds(self, categories: tuple[str, ...]) -> NDArray[np.int8]:
        """The announce types as a reader of `categories` sees them; see Announcement.type_for.

        Each as its place in `KINDS`.
        """
        if categories not in self._kinds:
            is_primary = self._categories(categories)[1]
            seen = np.where(is_primary, self._kind, _AS_CROSS_LIST[self._kind])
            self._kinds[categories] = seen.astype(np.int8)
        return self._kinds[categories]

    def listed(self, categories: tuple[str, ...]) -> Mask:
        """Announcements that list one of `categories`."""
        return self._categories(categories)[0]

    def posted(self, arxiv_ids: frozenset[str]) -> list[int]:
        """The announcements of these papers."""
        known = arxiv_ids & self.columns.keys()
        return [column for arxiv_id in known for column in self.columns[arxiv_id]]

    def followed(self, names: Sequence[str]) -> dict[int, list[str]]:
        """Announcement -> its authors whom one of `names` means, as the paper writes them."""
        if self._families is None:
            self._families = self._by_family_name()
        found: dict[int, list[str]] = {}
        for name in names:
            wanted = name_parts(name)
            for column, author, parts in self._families.get(wanted[-1] if wanted else "", ()):
                if is_same_author(wanted, parts) and author not in found.get(column, ()):
                    found.setdefault(column, []).append(author)
        return found

    def _eligible(self, interests: Interests, after_sequence: int, since: date | None) -> Mask:
        listed, is_primary, _ = self._categories(interests.categories)
        wanted = listed.copy()
        if not interests.revisions:
            wanted &= ~self._is_revision
        if not interests.cross_lists:
            wanted &= is_primary & ~self._is_cross_list
        if after_sequence:
            wanted &= self._sequence > after_sequence
        if since is not None:
            wanted &= self._day >= since.toordinal()
        for columns in self._several:
            self._keep_latest(wanted, columns)
        return wanted

    def _keep_latest(self, wanted: Mask, columns: list[int]) -> None:
        allowed = [column for column in columns if wanted[column]]
        if len(allowed) > 1:
            best = max(allowed, key=self._recency)
            wanted[[column for column in allowed if column != best]] = False

    def _recency(self, column: int) -> tuple[int, int, int]:
        announcement = self.announcements[column]
        kind = announcement.announce_type
        return announcement.paper.version, announcement.sequence, -kind.precedence

    def _categories(self, categories: tuple[str, ...]) -> tuple[Mask, Mask, NDArray[np.int64]]:
        if categories not in self._by_categories:
            covered = codes_covered(categories)
            listed = np.zeros(len(self.announcements), dtype=bool)
            for code in covered:
                listed[self._listed_in.get(code, [])] = True
            places = [covered.get(code, len(categories)) for code in self._primaries]
            place = np.array(places, dtype=np.int64)[self._primary]
            order = np.lexsort((self._id_order, place))
            ties = np.empty_like(order)
            ties[order] = np.arange(len(order))
            self._by_categories[categories] = (listed, place < len(categories), ties)
        return self._by_categories[categories]

    def _by_family_name(self) -> dict[str, list[tuple[int, str, tuple[str, ...]]]]:
        families: dict[str, list[tuple[int, str, tuple[str, ...]]]] = {}
        for column, announcement in enumerate(self.announcements):
            for author in announcement.paper.authors:
                if parts := name_parts(author):
                    families.setdefault(parts[-1], []).append((column, author, parts))
        return families
