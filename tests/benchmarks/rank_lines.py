"""Ranks JSON lines with the bot's own matching, for measuring what its readers would get.

Each line on standard input is either the papers of a day, or a question with keywords and
candidate papers that is answered by one line of arXiv IDs, best first:

    {"type": "ingest", "date": "2026-01-21", "papers": [{"id", "date", "categories", "title", ...}]}
    {"type": "rank", "keywords": [...], "categories": [...], "papers": [...]} -> {"ids": [...]}

How rare words are is learned from the days ingested before, as the bot learns it from its store.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TextIO

from bot.domain.interests import Formula, Interests, parse_term
from bot.domain.matching import rank
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.rarity import Rarity

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
    for line in lines:
        message = json.loads(line)
        if message["type"] == "ingest":
            days.append(Rarity.of(map(_paper, message["papers"])))
            known = Rarity.sum(days)
        else:
            answers.write(json.dumps({"ids": _ranked(message, formula, known)}) + "\n")
            answers.flush()


def _ranked(message: Mapping[str, Any], formula: Formula, rarity: Rarity) -> list[str]:
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
    ranking = rank(interests, announcements, rarity=rarity)
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
