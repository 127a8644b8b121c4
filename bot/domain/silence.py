"""Why a digest has no papers, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.digest import Silence
from bot.domain.feed_health import FeedOutcome
from bot.domain.matching import Ranking, Scored
from bot.domain.missed_days import written_days


@dataclass(frozen=True, slots=True)
class FeedStanding:
    """How arXiv's announcements stand at the moment of planning."""

    expected_on: date  # the latest day whose announcement should be out
    latest_on: date | None  # the latest day that was seen; None in an empty store
    holiday_reason: str | None = None  # why nothing is announced today; None on a working day
    last_outcome: str = ""  # of the last look at the feed, a FeedOutcome
    last_detail: str = ""
    next_look_at: datetime | None = None  # UTC
    is_overdue: bool = False  # so late that it is worth a warning
    batch_detail: str = ""  # what is wrong with the latest day's batch; empty when it is whole
    silent: tuple[str, ...] = ()  # categories whose papers are missing from it
    pending_days: tuple[date, ...] = ()  # earlier days still being caught up
    pending_detail: str = ""  # what keeps them

    @property
    def is_late(self) -> bool:
        """Whether an announcement that should be out has not been seen."""
        if self.latest_on is None:
            return self.holiday_reason is None
        return self.latest_on < self.expected_on

    @property
    def pending(self) -> str:
        """One sentence on the days still being caught up; empty when there are none."""
        if not self.pending_days:
            return ""
        days = written_days(self.pending_days)
        verb = "is" if len(self.pending_days) == 1 else "are"
        sentence = f"{days[0].upper()}{days[1:]} {verb} still being caught up"
        return f"{sentence}: {self.pending_detail}" if self.pending_detail else f"{sentence}."


def explain_silence(
    ranking: Ranking, *, min_score: float, categories: tuple[str, ...], standing: FeedStanding
) -> tuple[Silence, str]:
    """The reason why `ranking` chose nothing, and its sentences."""
    silence, reason = _explain(ranking, min_score, categories, standing)
    return silence, " ".join(filter(None, (reason, standing.pending)))


def _explain(
    ranking: Ranking, min_score: float, categories: tuple[str, ...], standing: FeedStanding
) -> tuple[Silence, str]:
    is_hit = not standing.silent or not set(standing.silent).isdisjoint(categories)
    doubt = standing.batch_detail if is_hit else ""
    if ranking.considered:
        matched = _nothing_matched(ranking, min_score, categories)
        return Silence.NOTHING_MATCHED, " ".join(filter(None, (matched, doubt)))
    if standing.last_outcome == FeedOutcome.STALE:
        return Silence.FEED_STALE, standing.last_detail
    if standing.is_late:
        return Silence.FEED_LATE, late(standing)
    if doubt:
        return Silence.FEED_STALE, doubt
    if standing.holiday_reason:
        return Silence.NO_ANNOUNCEMENT, standing.holiday_reason
    nothing_new = (
        f"Nothing new was announced in {_listed(categories)}; the latest announcement seen is "
        f"that of {day(standing.latest_on)}."
    )
    return Silence.NOTHING_NEW, nothing_new


def day(on: date | None) -> str:
    """A date as people read it: "Wed 21 Jan 2026"."""
    return "no day yet" if on is None else f"{on:%a} {on.day} {on:%b %Y}"


def _nothing_matched(ranking: Ranking, min_score: float, categories: tuple[str, ...]) -> str:
    papers = "the one paper" if ranking.considered == 1 else f"{ranking.considered} papers"
    what = f"None of {papers} announced in {_listed(categories)} matched"
    if ranking.considered == 1:
        what = f"The one paper announced in {_listed(categories)} did not match"
    if ranking.best_below is None:
        return f"{what}; no term occurs in any of them." if ranking.considered > 1 else f"{what}."
    return f"{what}: the best scored {_near_miss(ranking.best_below, min_score)}."


def _near_miss(best: Scored, min_score: float) -> str:
    paper = best.announcement.paper
    return f"{best.score:.1f} of the {min_score:g} needed ({paper.arxiv_id}, “{paper.title}”)"


def late(standing: FeedStanding) -> str:
    """One sentence on an announcement that has not been seen, with the cause if one is known."""
    missing = f"arXiv's announcement of {day(standing.expected_on)} has not been seen yet"
    if not standing.last_detail:
        return f"{missing}."
    # What arXiv did goes on in the same sentence, whatever else begins one of its own.
    detail = standing.last_detail
    return f"{missing}: {detail if detail.startswith('arXiv') else detail[0].lower() + detail[1:]}"


def _listed(categories: tuple[str, ...]) -> str:
    return ", ".join(categories)
