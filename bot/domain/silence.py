"""Why a digest has no papers, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.domain.digest import Silence
from bot.domain.matching import Ranking, Scored


@dataclass(frozen=True, slots=True)
class FeedStanding:
    """How arXiv's announcements stand at the moment of planning."""

    expected_on: date  # the latest day whose announcement should be out
    latest_on: date | None  # the latest day that was seen; None in an empty store
    holiday_reason: str | None = None  # why nothing is announced today; None on a working day
    last_outcome: str = ""  # of the last look at the feed: "new", "stale", "failed", ...
    last_detail: str = ""

    @property
    def is_late(self) -> bool:
        """Whether an announcement that should be out has not been seen."""
        return self.latest_on is None or self.latest_on < self.expected_on


def explain_silence(
    ranking: Ranking, *, min_score: float, categories: tuple[str, ...], standing: FeedStanding
) -> tuple[Silence, str]:
    """The reason why `ranking` chose nothing, and its sentence."""
    if ranking.considered:
        return Silence.NOTHING_MATCHED, _nothing_matched(ranking, min_score, categories)
    if standing.last_outcome == "stale":
        return Silence.FEED_STALE, standing.last_detail
    if standing.is_late:
        return Silence.FEED_LATE, _late(standing)
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


def _late(standing: FeedStanding) -> str:
    late = f"arXiv's announcement of {day(standing.expected_on)} has not been seen yet"
    return f"{late}: {standing.last_detail}" if standing.last_detail else f"{late}."


def _listed(categories: tuple[str, ...]) -> str:
    return ", ".join(categories)
