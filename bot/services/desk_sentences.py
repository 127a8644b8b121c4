"""The desk's sentences, the same on all platforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain import commands as ask
from bot.domain.commands import Actor, Audience, Reply
from bot.domain.digest import Digest, DigestEntry
from bot.domain.interests import sentence
from bot.domain.papers import AnnounceType, Paper
from bot.domain.schedule_text import format_schedule
from bot.domain.silence import day
from bot.domain.subscriptions import Subscription, SubscriptionState
from bot.domain.thumbs import Vote
from bot.services.explaining import local_time
from bot.services.thumbs import Receipt

_UNFURLING: Final = frozenset({"slack"})  # platforms where a bot may fill in a link's preview


def describe(subscription: Subscription) -> str:
    """A subscription in one line: number, filters, schedule, state."""
    line = f"#{subscription.number} {wish(subscription)}"
    if subscription.state is SubscriptionState.ACTIVE:
        return f"{line} Next digest {local_time(subscription)}."
    return f"{line} {subscription.state.capitalize()}: {subscription.state_reason}."


def wish(subscription: Subscription) -> str:
    """What a subscription asks for, and when."""
    extras = [format_schedule(subscription.schedule)]
    if subscription.language != "en":
        extras.append(f"in {subscription.language}")
    if not subscription.threads:
        extras.append("without threads")
    if subscription.announce_empty:
        extras.append("empty days announced")
    if not subscription.learning:
        extras.append("not learning from thumbs")
    if subscription.role:
        extras.append(f"notifying role {subscription.role}")
    return f"{sentence(subscription.interests)} · {' · '.join(extras)}."


def short_name(subscription: Subscription) -> str:
    """A subscription in a few words: its number and its categories."""
    return f"#{subscription.number} ({', '.join(subscription.interests.categories)})"


def preview_counts(digest: Digest, announced_on: str) -> str:
    """How many papers a digest would hold, or why none."""
    if digest.is_empty:
        return digest.silence_reason
    return (
        f"From the announcement of {announced_on}: {digest.matched} of {digest.considered} papers "
        f"would match, {len(digest.entries)} would come."
    )


def posting(digest: Digest) -> str:
    """What `now` begins to post."""
    papers = "1 paper" if len(digest.entries) == 1 else f"{len(digest.entries)} papers"
    return f"Posting {papers} of {digest.considered} announced {day(digest.announced_on)}."


def thumb_noted(command: ask.Thumb, receipt: Receipt) -> str:
    """What a thumb will do."""
    direction = "more" if command.vote is Vote.UP else "fewer"
    whose = " and ".join(map(short_name, receipt.subscriptions))
    if receipt.paper is None:
        return (
            f"Your thumb on {command.paper.value} is kept for {whose}, but moves nothing yet: "
            f"{receipt.trouble}"
        )
    noted = f"Noted for {whose}: {direction} like “{receipt.paper.title}”."
    if not any(each.learning for each in receipt.subscriptions):
        return f"{noted} Learning is off there: `settings learning:on` lets it count."
    return noted


def unfurling(is_on: bool | None, actor: Actor) -> str:
    """What becomes of links pasted in the channel."""
    if actor.destination.platform not in _UNFURLING:
        return (
            "`unfurl:` changes nothing here: only on Slack do I show what pasted links are about."
        )
    if is_on:
        return "Links to arXiv pasted here show the paper's title and abstract."
    return "Links to arXiv pasted here stay as they are."


def paper_head(paper: Paper) -> str:
    """What stands above a summary or an answer."""
    return f"{paper.title}\n{', '.join(paper.authors)}\n{paper.versioned_id} · {paper.abs_url}"


def listed(papers: Sequence[Paper]) -> tuple[DigestEntry, ...]:
    """Papers that were looked up, without scores."""
    return tuple(
        DigestEntry(place, paper, AnnounceType.NEW, score=0.0, reasons=())
        for place, paper in enumerate(papers, start=1)
    )


def shared(text: str) -> Reply:
    """A reply for the whole channel."""
    return Reply(text, audience=Audience.CHANNEL)
