"""What Discord offers while somebody types an option: at most 25, and only a hint.

What comes back is read like anything else that was typed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

import discord
from discord import app_commands

from adapters.discord.markdown import plain_text
from adapters.discord.options import Source
from adapters.discord.places import place_of_interaction
from bot.domain import categories
from bot.domain.subscriptions import Destination, Subscription
from bot.domain.text import shorten
from bot.errors import PapercourierError
from bot.ports import Clock, UnitOfWorkFactory

log = logging.getLogger(__name__)

MOST: Final = 25
_MOST_CHARACTERS: Final = 100  # of a choice's name and of its value
_TITLES: Final = 5_000  # about a week of all of arXiv's announcements
_TITLES_STAY: Final = timedelta(minutes=5)
_DAYS: Final = ("weekdays", "daily", "weekends", "mon", "mon,thu", "tue,fri", "mon,wed,fri", "fri")
_USUAL_ZONES: Final = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
)
_LAST_WORD: Final = re.compile(r"[^\s,;+]*$")

Pair = tuple[str, str | int]  # what is shown, what it stands for


class Suggestions:
    """Suggestions for every source."""

    def __init__(self, *, open_unit: UnitOfWorkFactory, clock: Clock) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._titles: tuple[tuple[str, str], ...] = ()
        self._titles_until: datetime | None = None

    async def suggest(
        self, interaction: discord.Interaction[Any], source: Source, typed: str
    ) -> list[app_commands.Choice[Any]]:
        """The choices for what was typed so far; none where the database does not answer."""
        try:
            pairs = await self._pairs(place_of_interaction(interaction).destination, source, typed)
        except PapercourierError as error:
            log.warning("discord.no_suggestions", extra={"reason": str(error)})
            return []
        return [app_commands.Choice(name=name, value=value) for name, value in pairs[:MOST]]

    async def _pairs(self, destination: Destination, source: Source, typed: str) -> Sequence[Pair]:
        match source:
            case Source.CATEGORIES:
                return category_pairs(typed)
            case Source.ZONES:
                return zone_pairs(typed)
            case Source.DAYS:
                return [(days, days) for days in _DAYS if days.startswith(typed.casefold())]
            case Source.SUBSCRIPTIONS:
                async with self._open_unit() as unit:
                    return subscription_pairs(
                        await unit.subscriptions.of_destination(destination), typed
                    )
            case Source.PAPERS:
                return paper_pairs(await self._latest_titles(), typed)

    async def _latest_titles(self) -> tuple[tuple[str, str], ...]:
        """Read again every few minutes at most: each keystroke asks for them."""
        now = self._clock.now()
        if self._titles_until is None or now >= self._titles_until:
            self._titles_until = now + _TITLES_STAY
            async with self._open_unit() as unit:
                self._titles = await unit.papers.latest_titles(limit=_TITLES)
        return self._titles


def category_pairs(typed: str) -> list[Pair]:
    """The last word completed, with what stands before it: several categories fit one option."""
    match = _LAST_WORD.search(typed)
    last = match[0] if match else ""
    before = typed[: len(typed) - len(last)].strip(" ,;+")
    chosen = before.replace(",", " ").split()
    pairs: list[Pair] = []
    # By name too, where the words so far are no codes: "machine lea".
    codes = categories.suggest(last, MOST) or categories.suggest(typed, MOST)
    for code in codes:
        if code not in chosen:
            value = " ".join([*(word for word in chosen if categories.is_category(word)), code])
            name = shorten(f"{value}: {categories.name_of(code)}", _MOST_CHARACTERS)
            pairs.append((name, value))
    return [pair for pair in pairs if len(str(pair[1])) <= _MOST_CHARACTERS]


def zone_pairs(typed: str) -> list[Pair]:
    """Time zones by any part of their name; the usual ones where nothing is typed yet."""
    wanted = typed.strip().casefold().replace(" ", "_")
    if not wanted:
        return [(zone, zone) for zone in _USUAL_ZONES]
    fitting = [zone for zone in _zones() if wanted in zone.casefold()]
    fitting.sort(key=lambda zone: not zone.rpartition("/")[2].casefold().startswith(wanted))
    return [(zone, zone) for zone in fitting[:MOST]]


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    """Read from the disk once: that takes some milliseconds."""
    return tuple(sorted(available_timezones() - {"Factory", "localtime", "posixrules"}))


def subscription_pairs(subscriptions: Iterable[Subscription], typed: str) -> list[Pair]:
    """A channel's subscriptions by number, with their categories."""
    wanted = typed.strip().lstrip("#").casefold()
    pairs: list[Pair] = []
    for each in subscriptions:
        listed = ", ".join(each.interests.categories)
        if wanted in f"{each.number} {listed}".casefold():
            state = "" if each.is_active else f" ({each.state})"
            shown = shorten(f"#{each.number} {listed}", _MOST_CHARACTERS - len(state))
            pairs.append((f"{shown}{state}", each.number))
    return pairs


def paper_pairs(titles: Sequence[tuple[str, str]], typed: str) -> list[Pair]:
    """Papers whose title holds every word that was typed, or whose ID begins with it."""
    words = typed.casefold().split()
    pairs: list[Pair] = []
    for arxiv_id, title in titles:
        if arxiv_id.startswith(typed.strip()) or all(word in title.casefold() for word in words):
            pairs.append((plain_text(f"{arxiv_id}: {title}", _MOST_CHARACTERS), arxiv_id))
            if len(pairs) == MOST:
                break
    return pairs
