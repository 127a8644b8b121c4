"""Whom to rank for, and which of what matched get the places of a digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.domain.diversity import SPARE, Variety
from bot.domain.interests import Formula, Interests
from bot.domain.matching import Ranking, Reader
from bot.domain.meaning import Meaning
from bot.domain.profile import Profile
from bot.domain.subscriptions import Subscription
from bot.ports import UnitOfWork


def reader_of(
    subscription: Subscription,
    posted: Mapping[int, frozenset[str]],
    *,
    today: date,
    profile: Profile | None,
    meaning: Meaning | None,
    is_diverse: bool,
) -> Reader:
    """What was posted or considered before stays out, and what is too old.

    With `is_diverse` more are ranked than there are places: `settled` chooses among them.
    """
    interests = subscription.interests
    return Reader(
        interests=with_spares(interests) if is_diverse else interests,
        posted=posted.get(subscription.id, frozenset()),
        after_sequence=subscription.seen_through,
        since=today - timedelta(days=interests.days_back),
        profile=profile,
        meaning=meaning,
    )


async def profiles_of(
    unit: UnitOfWork, subscriptions: Sequence[Subscription]
) -> dict[int, Profile]:
    """What those have learned that let thumbs count."""
    return await unit.thumbs.profiles([each.id for each in subscriptions if each.learning])


def with_spares(interests: Interests) -> Interests:
    """`interests` with places for papers that may move up; the formula `seed` has no variety."""
    if interests.formula is Formula.SEED:
        return interests
    return replace(interests, max_papers=interests.max_papers + SPARE)


def settled(
    rankings: Iterable[Ranking], interests: Sequence[Interests], variety: Variety
) -> Iterator[Ranking]:
    """Each ranking cut to the places there are; near-duplicates and bursts give way."""
    for ranking, wanted in zip(rankings, interests, strict=True):
        if wanted.formula is Formula.SEED:
            yield ranking
        else:
            yield replace(ranking, chosen=variety.choose(ranking.chosen, wanted))
