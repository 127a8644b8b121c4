"""Ranks JSON lines with the bot's own matching, for measuring what its readers would get.

Each line on standard input is either the papers of a day, or a question with keywords and
candidate papers that is answered by one line of arXiv IDs, best first:

    {"type": "ingest", "date": "2026-01-21", "papers": [{"id", "date", "categories", "title", ...}]}
    {"type": "rank", "keywords": [...], "categories": [...], "papers": [...],
     "feedback": {"pos": [...], "neg": [...]}} -> {"ids": [...]}

How rare words are is learned from the days ingested before, as the bot learns it from its store.
Papers in "pos" have one person's thumb up, those in "neg" were shown and passed over, each on the
day of the paper.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, TextIO

from bot.domain.interests import Formula, Interests, parse_term
from bot.domain.learning import Memory
from bot.domain.matching import rank
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.thumbs import Vote

_DAYS_REMEMBERED = 15  # announcement days: the last three weeks


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer standard input on standard output until it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formula", choices=list(Formula), default=Formula.TERMS)
    options = parser.parse_args(arguments)
    answer_lines(sys.stdin, sys.stdout, formula=Formula(options.formula))


def answer_lines(lines: TextIO, answers: TextIO, *, formula: Formula) -> None:
    """Answer every rank line of `lines`."""
    days: deque[Rarity] = deque(maxlen=_DAYS_REMEMBERED)
    known = Rarity()
    profiles: dict[str, Profile] = {}  # by topic: what was learned when it was first asked for
    for line in lines:
        message = json.loads(line)
        if message["type"] == "ingest":
            days.append(Rarity.of(map(_paper, message["papers"])))
            known = Rarity.sum(days)
        else:
            topic = message["topic"]
            if topic not in profiles:
                profiles[topic] = _learned(message.get("feedback", {}), known)
            ids = _ranked(message, formula, known, profiles[topic])
            answers.write(json.dumps({"ids": ids}) + "\n")
            answers.flush()


def _learned(feedback: Mapping[str, Sequence[Mapping[str, Any]]], rarity: Rarity) -> Profile:
    memory = Memory.empty()
    votes = [(Vote.IGNORED, "", each) for each in feedback.get("neg", ())]
    votes += [(Vote.UP, "curator", each) for each in feedback.get("pos", ())]
    for vote, voter, line in votes:
        at = datetime.combine(date.fromisoformat(line["date"]), time(), UTC)
        memory = memory.with_thumb(_paper(line), vote, voter=voter, at=at, rarity=rarity)
    return memory.profile()


def _ranked(
    message: Mapping[str, Any], formula: Formula, rarity: Rarity, profile: Profile
) -> list[str]:
    papers = [_paper(each) for each in message["papers"]]
    interests = Interests(
        categories=tuple(message["categories"]),
        terms=tuple(map(parse_term, message["keywords"])),
        formula=formula,
        max_papers=len(papers),
        cross_lists=True,
    )
    day = date.fromisoformat(message["date"])
    announcements = [Announcement(paper, AnnounceType.NEW, day) for paper in papers]
    ranking = rank(interests, announcements, rarity=rarity, profile=profile)
    return [scored.announcement.paper.arxiv_id for scored in ranking.chosen]


def _paper(line: Mapping[str, Any]) -> Paper:
    return Paper(
        arxiv_id=line["id"],
        version=1,
        title=line["title"],
        abstract=line["abstract"],
        authors=(),
        categories=tuple(line["categories"]),
    )


if __name__ == "__main__":
    main()
