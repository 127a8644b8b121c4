"""Papers, subscriptions and digests to store; each call may name what matters to its test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.domain.digest import Digest, DigestEntry, Reason
from bot.domain.interests import Interests
from bot.domain.outbox import OutboxMessage
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.subscriptions import Destination, Subscription
from bot.domain.summary import Summary, SummarySection, SummarySource

NOW = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)
DAY = date(2026, 1, 21)
PAPERS_CHANNEL = Destination("slack", "T1", "C-papers")
OTHER_CHANNEL = Destination("discord", "G1", "C-other")


def a_paper(
    arxiv_id: str = "2601.00001", *, version: int = 1, categories: tuple[str, ...] = ("cs.CL",)
) -> Paper:
    return Paper(
        arxiv_id=arxiv_id,
        version=version,
        title=f"On {arxiv_id}",
        abstract="One paragraph with λ.\n\nAnother one.",
        authors=("Ana García-Sánchez", "李明"),
        categories=categories,
    )


def an_announcement(
    paper: Paper | str = "2601.00001",
    *,
    announce_type: AnnounceType = AnnounceType.NEW,
    announced_on: date = DAY,
) -> Announcement:
    return Announcement(
        paper=a_paper(paper) if isinstance(paper, str) else paper,
        announce_type=announce_type,
        announced_on=announced_on,
    )


def a_subscription(
    *categories: str,
    destination: Destination = PAPERS_CHANNEL,
    next_run_at: datetime | None = NOW,
) -> Subscription:
    return Subscription(
        number=0,
        destination=destination,
        interests=Interests(categories=categories or ("cs.CL",)),
        created_at=NOW,
        next_run_at=next_run_at,
    )


def an_entry(paper: Paper | str = "2601.00001", *, rank: int = 1) -> DigestEntry:
    return DigestEntry(
        rank=rank,
        paper=a_paper(paper) if isinstance(paper, str) else paper,
        announce_type=AnnounceType.NEW,
        score=2.25,
        reasons=(Reason("kv cache", "title", 1.5), Reason("LLM", "abstract", 0.75)),
    )


def a_digest(*arxiv_ids: str, slot: str = "2026-01-21T09:00") -> Digest:
    entries = tuple(
        an_entry(arxiv_id, rank=rank) for rank, arxiv_id in enumerate(arxiv_ids, start=1)
    )
    return Digest(slot=slot, announced_on=DAY, considered=40, matched=len(entries), entries=entries)


def a_message(
    key: str,
    *,
    destination: Destination = PAPERS_CHANNEL,
    parent_key: str | None = None,
    not_before: datetime | None = None,
) -> OutboxMessage:
    return OutboxMessage(
        key=key,
        destination=destination,
        payload=f'{{"text": "{key} 📄"}}',
        position=0 if parent_key is None else 1,
        parent_key=parent_key,
        not_before=not_before,
    )


def a_summary(arxiv_id: str = "2601.00001", *, says: str = "It is faster.") -> Summary:
    return Summary(
        arxiv_id=arxiv_id,
        version=1,
        language="zh",
        model="some-model",
        prompt="default-1",
        source=SummarySource.HTML,
        sections=(SummarySection("Contributions", says), SummarySection("Limits", "")),
    )


def numbered(subscription: Subscription, *, like: Subscription) -> Subscription:
    """`subscription` with the ID and number that the store gave to `like`."""
    return replace(subscription, id=like.id, number=like.number)
