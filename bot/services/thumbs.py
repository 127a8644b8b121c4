"""Thumbs: kept by subscription, each person once a paper, and whoever it was a hash."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.commands import Actor
from bot.domain.eligibility import codes_covered
from bot.domain.learning import MOST_IGNORED, MOST_VOTED, Memory
from bot.domain.papers import ArxivId, Paper
from bot.domain.rarity import Rarity
from bot.domain.spelling import spellings
from bot.domain.subscriptions import Subscription
from bot.domain.thumbs import GivenThumb, Vote, voter_of
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import Clock, DigestRecord, PaperSource, UnitOfWork, UnitOfWorkFactory
from bot.services.rarity import RarityService

log = logging.getLogger(__name__)

_SALT_BYTES = 32
_NOBODY = ""  # the voter of papers that were passed over
_TIME_TO_VOTE = timedelta(days=2)  # after it a paper without a thumb was passed over
_DIGESTS_LOOKED_AT = 12
_TERMS_LOOKED_AT = 40  # of a profile
_TERMS_SHOWN = 5
_PAPERS_READ = 20  # for how words are written


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
        rarity: RarityService,
        fresh_salt: Callable[[], bytes] = lambda: secrets.token_bytes(_SALT_BYTES),
    ) -> None:
        self._catalogue = catalogue
        self._open_unit = open_unit
        self._clock = clock
        self._rarity = rarity
        self._fresh_salt = fresh_salt

    async def give(self, actor: Actor, arxiv_id: ArxivId, vote: Vote) -> Receipt:
        """Keep a thumb, in place of an earlier one by the same person.

        It counts for the channel's subscriptions that showed the paper; if none did, for those
        whose categories it has, else for all. One on a paper that nobody knows is kept too.
        Raises UserError where the channel has no subscription.
        """
        paper, trouble = await self._paper(arxiv_id)
        rarity = await self._rarity.current()
        async with self._open_unit() as unit:
            concerned = await self._concerned(unit, actor, arxiv_id.value, paper)
            voter = await self._voter(unit, actor)
            if paper is not None:
                await unit.papers.put(paper)
            now = self._clock.now()
            await unit.thumbs.put(
                [GivenThumb(each.id, arxiv_id.value, voter, vote, now) for each in concerned]
            )
            for each in concerned:
                await self._learn(unit, each.id, rarity)
            await unit.commit()
        log.info("thumb.given", extra={"paper": arxiv_id.value, "vote": vote.value})
        return Receipt(concerned, paper, trouble)

    async def take_back(self, actor: Actor, arxiv_id: ArxivId) -> int:
        """Forget this person's thumb on a paper; for how many subscriptions it stood."""
        async with self._open_unit() as unit:
            existing = await unit.subscriptions.of_destination(actor.destination)
            voter = await self._voter(unit, actor)
            taken = await unit.thumbs.take_back(
                [each.id for each in existing], arxiv_id=arxiv_id.value, voter=voter
            )
            for each in taken:
                memory = await unit.thumbs.memory(each.subscription_id)
                memory = memory.without_thumb(arxiv_id.value, voter=voter)
                await unit.thumbs.learn(each.subscription_id, memory, memory.profile())
            await unit.commit()
        return len(taken)

    async def learned(self, subscriptions: Sequence[Subscription]) -> dict[int, str]:
        """What each has learned, in a sentence; nothing of those without thumbs."""
        async with self._open_unit() as unit:
            return {
                each.id: sentence
                for each in subscriptions
                if (sentence := await learned_sentence(unit, each.id))
            }

    async def forget(self, subscriptions: Sequence[Subscription]) -> None:
        """Drop their thumbs and what was learned from them."""
        async with self._open_unit() as unit:
            await unit.thumbs.forget([each.id for each in subscriptions])
            await unit.commit()

    async def _learn(self, unit: UnitOfWork, subscription_id: int, rarity: Rarity) -> None:
        """Bring what is learned up to what was said, and to what nobody said anything of.

        A thumb whose paper had no text joins as soon as there is one.
        """
        memory = await unit.thumbs.memory(subscription_id)
        for thumb in reversed(await unit.thumbs.of(subscription_id, limit=MOST_VOTED)):
            if not _is_known(thumb, memory) and (paper := await unit.papers.get(thumb.arxiv_id)):
                memory = memory.with_thumb(
                    paper, thumb.vote, voter=thumb.voter, at=thumb.at, rarity=rarity
                )
        for record, paper in await self._passed_over(unit, subscription_id):
            if not any(each.arxiv_id == paper.arxiv_id for each in memory.examples):
                memory = memory.with_thumb(
                    paper, Vote.IGNORED, voter=_NOBODY, at=record.created_at, rarity=rarity
                )
        await unit.thumbs.learn(subscription_id, memory, memory.profile())

    async def _passed_over(
        self, unit: UnitOfWork, subscription_id: int
    ) -> list[tuple[DigestRecord, Paper]]:
        """Papers shown so long ago that a thumb would have come; the latest of them.

        They are looked at only when somebody gives a thumb: of a channel that nobody reads,
        silence says nothing.
        """
        latest = await unit.digests.latest(subscription_id, limit=_DIGESTS_LOOKED_AT)
        old = [each for each in latest if each.created_at < self._clock.now() - _TIME_TO_VOTE]
        shown = [(record, entry.paper) for record in old for entry in record.digest.entries]
        return shown[:MOST_IGNORED]

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


def _is_known(thumb: GivenThumb, memory: Memory) -> bool:
    """Whether this very thumb, not an earlier one of the same person, is remembered."""
    return any(
        ballot.voter == thumb.voter and ballot.at == thumb.at
        for example in memory.examples
        if example.arxiv_id == thumb.arxiv_id
        for ballot in example.ballots
    )


async def learned_sentence(unit: UnitOfWork, subscription_id: int) -> str:
    """As in: Learned from 7 thumbs: likes sparse attention; dislikes survey. Empty without any."""
    memory = await unit.thumbs.memory(subscription_id)
    ballots = [ballot for each in memory.examples for ballot in each.ballots]
    thumbs = sum(ballot.vote is not Vote.IGNORED for ballot in ballots)
    if not thumbs:
        return ""
    # What several liked papers share says more than one's own name for its method.
    terms = sorted(
        memory.profile().inspect(limit=_TERMS_LOOKED_AT),
        key=lambda each: -min(len(each.papers), 2),
    )
    voted = [each.arxiv_id for each in memory.examples if not each.is_ignored]
    papers = [await unit.papers.get(arxiv_id) for arxiv_id in voted[:_PAPERS_READ]]
    written = spellings([each.term for each in terms], filter(None, papers))
    likes = _without_parts([written[each.term] for each in terms if each.points > 0])
    dislikes = _without_parts([written[each.term] for each in terms if each.points < 0])
    parts = [
        f"{verb} {', '.join(named[:_TERMS_SHOWN])}"
        for verb, named in (("likes", likes), ("dislikes", dislikes))
        if named
    ]
    counted = "1 thumb" if thumbs == 1 else f"{thumbs} thumbs"
    return f"Learned from {counted}: {'; '.join(parts)}." if parts else f"Learned from {counted}."


def _without_parts(terms: Sequence[str]) -> list[str]:
    """`terms` without the words of pairs that are among them."""
    in_pairs = {word for term in terms if " " in term for word in term.split()}
    return [term for term in terms if term not in in_pairs]
