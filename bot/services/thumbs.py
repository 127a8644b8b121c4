"""Thumbs: kept by subscription, each person once a paper, and whoever it was a hash."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.commands import Actor
from bot.domain.eligibility import codes_covered
from bot.domain.papers import ArxivId, Paper
from bot.domain.subscriptions import Subscription
from bot.domain.thumbs import GivenThumb, Vote, voter_of
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import Clock, PaperSource, UnitOfWork, UnitOfWorkFactory

log = logging.getLogger(__name__)

_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a thumb."""

    subscriptions: tuple[Subscription, ...]  # whose rankings it moves
    paper: Paper | None  # None when nobody has its text
    trouble: str = ""  # why not, one sentence


class ThumbService:
    """Takes thumbs and what follows from them."""

    def __init__(
        self,
        *,
        catalogue: PaperSource,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        fresh_salt: Callable[[], bytes] = lambda: secrets.token_bytes(_SALT_BYTES),
    ) -> None:
        self._catalogue = catalogue
        self._open_unit = open_unit
        self._clock = clock
        self._fresh_salt = fresh_salt

    async def give(self, actor: Actor, arxiv_id: ArxivId, vote: Vote) -> Receipt:
        """Keep a thumb, in place of an earlier one by the same person.

        It counts for the channel's subscriptions that showed the paper; if none did, for those
        whose categories it has, else for all. One on a paper that nobody knows is kept too.
        Raises UserError where the channel has no subscription.
        """
        paper, trouble = await self._paper(arxiv_id)
        async with self._open_unit() as unit:
            concerned = await self._concerned(unit, actor, arxiv_id.value, paper)
            voter = await self._voter(unit, actor)
            if paper is not None:
                await unit.papers.put(paper)
            now = self._clock.now()
            await unit.thumbs.put(
                [GivenThumb(each.id, arxiv_id.value, voter, vote, now) for each in concerned]
            )
            await unit.commit()
        log.info("thumb.given", extra={"paper": arxiv_id.value, "vote": vote.value})
        return Receipt(concerned, paper, trouble)

    async def take_back(self, actor: Actor, arxiv_id: ArxivId) -> int:
        """Forget this person's thumb on a paper; for how many subscriptions it stood."""
        async with self._open_unit() as unit:
            existing = await unit.subscriptions.of_destination(actor.destination)
            taken = await unit.thumbs.take_back(
                [each.id for each in existing],
                arxiv_id=arxiv_id.value,
                voter=await self._voter(unit, actor),
            )
            await unit.commit()
        return len(taken)

    async def forget(self, subscriptions: Sequence[Subscription]) -> None:
        """Drop their thumbs and what was learned from them."""
        async with self._open_unit() as unit:
            await unit.thumbs.forget([each.id for each in subscriptions])
            await unit.commit()

    async def _paper(self, arxiv_id: ArxivId) -> tuple[Paper | None, str]:
        """As it is stored here, else as arXiv has it, else why not."""
        async with self._open_unit() as unit:
            stored = await unit.papers.get(arxiv_id.value)
        if stored is not None:
            return stored, ""
        try:
            return await self._catalogue.get(arxiv_id), ""
        except (UserError, TransientError, PermanentError) as error:
            return None, str(error)

    async def _concerned(
        self, unit: UnitOfWork, actor: Actor, arxiv_id: str, paper: Paper | None
    ) -> tuple[Subscription, ...]:
        existing = await unit.subscriptions.of_destination(actor.destination)
        if not existing:
            raise UserError(
                "This channel has no subscription yet that could learn from it: start one with "
                "`subscribe cs.CL`."
            )
        had = await unit.digests.posted_ids([each.id for each in existing], among=[arxiv_id])
        showed = tuple(each for each in existing if had[each.id])
        if showed or paper is None:
            return showed or existing
        codes = set(paper.categories)
        fitting = [
            each
            for each in existing
            if not codes.isdisjoint(codes_covered(each.interests.categories))
        ]
        return tuple(fitting) or existing

    async def _voter(self, unit: UnitOfWork, actor: Actor) -> str:
        return voter_of(
            platform=actor.destination.platform,
            workspace_id=actor.destination.workspace_id,
            user_id=actor.user_id,
            salt=await unit.thumbs.salt(self._fresh_salt()),
        )
