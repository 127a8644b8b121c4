"""The seed's way to score, written as the plain loop it is; for comparison in benchmarks only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.papers import Paper


def best_by_plain_loop(
    keywords: Sequence[str], papers: Iterable[Paper], *, most: int = 10
) -> list[tuple[float, str]]:
    """The scores and IDs of one reader's best papers, each keyword sought in each paper."""
    scored = []
    for paper in papers:
        title = paper.title.lower()
        text = f"{paper.title} {paper.abstract}".lower()
        score = 0.0
        for keyword in keywords:
            if keyword.lower() in text:
                score += 1.5 if keyword.lower() in title else 1.0
        if score:
            scored.append((-score, paper.arxiv_id))
    return [(-score, arxiv_id) for score, arxiv_id in sorted(scored)[:most]]
