"""Dry runs: what a filter would have brought over the last announcement days."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from bot.domain.digest import Digest, DigestEntry
from bot.domain.diversity import NO_VARIETY, Variety
from bot.domain.eligibility import Batch
from bot.domain.interests import Interests
from bot.domain.matching import Reader, Scored, rank_many
from bot.domain.papers import Announcement
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.silence import day
from bot.domain.spelling import spellings
from bot.domain.subscriptions import Subscription
from bot.domain.text import shorten
from bot.domain.trial import Trial, shared_terms, try_out
from bot.ports import UnitOfWorkFactory
from bot.services.choosing import profiles_of
from bot.services.meanings import MeaningService, meanings_of
from bot.services.rarity import RarityService

_TITLE_LENGTH = 80
_REASONS_SHOWN = 3
_TERMS_LOOKED_AT = 40  # of a profile
_PAPERS_READ = 20  # for how words are written


class TryingService:
    """Ranks what is stored once more; nothing is posted or remembered."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        rarity: RarityService,
        is_diverse: bool = True,
        meanings: MeaningService | None = None,
    ) -> None:
        self._open_unit = open_unit
        self._meanings = meanings
        self._rarity = rarity
        self._is_diverse = is_diverse

    async def run(self, wanted: Subscription, *, days: int) -> Trial:
        """What `wanted` would have got on each of the last `days` announcement days."""
        rarity = await self._rarity.current()
        async with self._open_unit() as unit:
            latest = [on for on, _ in await unit.papers.announced_days(limit=days)]
            announcements = await unit.papers.announced(since=min(latest)) if latest else ()
            profile = (await profiles_of(unit, [wanted])).get(wanted.id, Profile.empty())
            terms = shared_terms(wanted.interests, profile.inspect(limit=_TERMS_LOOKED_AT))
            liked = [await unit.papers.get(each) for each in profile.liked[:_PAPERS_READ]]
        meant = await meanings_of(self._meanings, [wanted.interests], announcements)
        reader = partial(Reader, profile=profile, meaning=meant.of_readers[0])
        trial = await asyncio.to_thread(self._tried, wanted, latest, announcements, rarity, reader)
        written = spellings(terms, filter(None, liked))
        return replace(trial, shared_terms=tuple(written[term] for term in terms))

    def _tried(
        self,
        wanted: Subscription,
        days: Sequence[date],
        announcements: Sequence[Announcement],
        rarity: Rarity,
        reader_of: Callable[[Interests], Reader],
    ) -> Trial:
        interests = wanted.interests
        everything = replace(interests, min_score=0.0, max_papers=max(1, len(announcements)))
        [ranking] = rank_many([reader_of(everything)], announcements, rarity=rarity)
        eligible = Batch(announcements).eligible(interests, after_sequence=0, since=None)
        counts = Counter(
            each.announced_on
            for each, is_wanted in zip(announcements, eligible.tolist(), strict=True)
            if is_wanted
        )
        variety = NO_VARIETY
        if self._is_diverse:
            variety = Variety.of([each.announcement.paper for each in ranking.chosen])
        return try_out(
            interests, ranking.chosen, [(on, counts[on]) for on in days], variety=variety
        )


def trial_digest(trial: Trial) -> Digest:
    """The best of a dry run, to be shown like a digest's papers."""
    return Digest(
        slot="",
        announced_on=trial.days[-1].announced_on if trial.days else None,
        considered=sum(each.considered for each in trial.days),
        matched=sum(each.matched for each in trial.days),
        entries=tuple(
            DigestEntry(
                rank=place,
                paper=scored.announcement.paper,
                announce_type=scored.announce_type,
                score=scored.score,
                reasons=scored.reasons,
            )
            for place, scored in enumerate(trial.best, start=1)
        ),
    )


def trial_lines(trial: Trial, wanted: Subscription) -> Iterator[str]:
    """A dry run in sentences, but for the papers that would have come."""
    if not trial.days:
        yield "No announcement is stored yet to try this on: `now` reads the latest one."
        return
    over = (
        "the last announcement day"
        if len(trial.days) == 1
        else (f"the last {len(trial.days)} announcement days")
    )
    yield f"Dry run over {over}, nothing is posted: {_number(trial.a_day)} papers a day would come."
    for each in trial.days:
        yield (
            f"{day(each.announced_on)}: {len(each.come)} of {each.matched} that match, of "
            f"{each.considered} announced."
        )
    if trial.below:
        yield f"Just below the bar of {wanted.interests.min_score:g}:"
        yield from (_below(each, wanted.interests.min_score) for each in trial.below)
    if trial.suggestion is not None:
        mend = f"min:{trial.suggestion.min_score:g}"
        if wanted.id:
            mend = f"edit {wanted.number} {mend}"
        yield (
            f"Change min to {trial.suggestion.min_score:g} (`{mend}`) for about "
            f"{max(1, round(trial.suggestion.a_day))} a day."
        )
    if trial.shared_terms:
        named = ", ".join(f"“{term}”" for term in trial.shared_terms)
        yield f"Papers liked here share {named}: worth a place among the keywords after `kw:`."


def _below(scored: Scored, bar: float) -> str:
    paper = scored.announcement.paper
    best = sorted(scored.reasons, key=lambda reason: -abs(reason.points))[:_REASONS_SHOWN]
    why = ", ".join(f"{each.term} {each.points:+.1f} ({each.where})" for each in best)
    return (
        f"{scored.score:.2f}, {bar - scored.score:.2f} missing: "
        f"{shorten(paper.title, _TITLE_LENGTH)} ({paper.arxiv_id}): {why}."
    )


def _number(a_day: float) -> str:
    """Papers a day as people say it: whole from ten on."""
    return f"{a_day:.0f}" if a_day >= 10 or a_day == round(a_day) else f"{a_day:.1f}"  # noqa: PLR2004 - ten
