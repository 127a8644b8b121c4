"""What people ask of the bot and what they get, the same on every platform.

Slack text, Discord options, buttons and the terminal all become one of these commands;
`bot/services/desk.py` answers each with a `Reply`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import time
from enum import StrEnum
from typing import Any

from bot.domain.answer import Answer
from bot.domain.digest import Digest, DigestEntry
from bot.domain.interests import InterestChanges
from bot.domain.papers import ArxivId
from bot.domain.subscriptions import Destination, Subscription
from bot.domain.summary import Summary
from bot.domain.thumbs import Vote


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and from where."""

    user_id: str
    destination: Destination
    may_manage: bool = True  # whether the platform lets them manage this channel
    language: str = "en"


@dataclass(frozen=True, slots=True)
class SubscriptionChanges:
    """Everything `subscribe`, `edit`, `preview` and `settings` understand; None where unsaid."""

    interests: InterestChanges = field(default_factory=InterestChanges)
    at: time | None = None
    weekdays: frozenset[int] | None = None
    timezone: str | None = None
    language: str | None = None
    threads: bool | None = None
    announce_empty: bool | None = None
    learning: bool | None = None
    role: str | None = None  # "" for nobody
    unfurl: bool | None = None  # of a whole channel: say what a pasted link to arXiv is about

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was said."""
        return self == SubscriptionChanges()

    def over(self, base: SubscriptionChanges) -> SubscriptionChanges:
        """`base` with everything that is said here in its place."""
        said = _said(self, without=("interests",))
        interests = replace(base.interests, **_said(self.interests))
        return replace(base, interests=interests, **said)

    def apply(self, subscription: Subscription) -> Subscription:
        """`subscription` with everything that was said in place of its own."""
        said = _said(self, without=("interests", *_OF_CHANNELS))
        schedule = {name: said.pop(name) for name in _SCHEDULE_FIELDS if name in said}
        return replace(
            subscription,
            interests=self.interests.apply(subscription.interests),
            schedule=replace(subscription.schedule, **schedule),
            **said,
        )


_SCHEDULE_FIELDS = ("at", "weekdays", "timezone")
_OF_CHANNELS = ("unfurl",)  # no subscription has these


def _said(
    changes: SubscriptionChanges | InterestChanges, *, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The fields of `changes` that are not None."""
    return {
        each.name: value
        for each in fields(changes)
        if each.name not in without and (value := getattr(changes, each.name)) is not None
    }


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Start a subscription, or edit the one with the same categories."""

    changes: SubscriptionChanges


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """End a subscription; `number` may be left out where there is only one."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class ListSubscriptions:
    """Show this channel's subscriptions."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Change what is said of a subscription, keep the rest."""

    number: int
    changes: SubscriptionChanges


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop digests until `resume`."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Start digests again."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """Show what digests would hold; nothing is posted or remembered."""

    number: int | None = None
    changes: SubscriptionChanges = field(default_factory=SubscriptionChanges)
    days: int | None = None  # so many stored announcement days, 1 to 14; None for the latest one


@dataclass(frozen=True, slots=True)
class Now:
    """Post the digest now instead of waiting for its time."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Summarize:
    """Summarise one paper."""

    paper: ArxivId


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer a question from one paper's text."""

    paper: ArxivId
    question: str


@dataclass(frozen=True, slots=True)
class Search:
    """Find papers on arXiv."""

    query: str


@dataclass(frozen=True, slots=True)
class Similar:
    """Find stored papers like this one."""

    paper: ArxivId


@dataclass(frozen=True, slots=True)
class Why:
    """Say why this paper was shown here, or why not."""

    paper: ArxivId


@dataclass(frozen=True, slots=True)
class Thumb:
    """Say what one thinks of a paper, for this channel's later rankings."""

    paper: ArxivId
    vote: Vote | None  # None takes one's thumb back


@dataclass(frozen=True, slots=True)
class Forget:
    """Forget what was learned from thumbs; without a number, for the whole channel."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Show or change this channel's defaults."""

    changes: SubscriptionChanges = field(default_factory=SubscriptionChanges)


@dataclass(frozen=True, slots=True)
class Status:
    """Say how things stand, and why it is silent."""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """Give the secret address of a subscription's feed."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class EndFeedLink:
    """Let that address open nothing any more."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Hand over this channel's subscriptions as JSON."""


@dataclass(frozen=True, slots=True)
class Import:
    """Take over subscriptions from an export."""

    document: str  # JSON


@dataclass(frozen=True, slots=True)
class Help:
    """Explain the commands, or one of them."""

    verb: str | None = None


Command = (
    Subscribe
    | Unsubscribe
    | ListSubscriptions
    | Edit
    | Pause
    | Resume
    | Preview
    | Now
    | Summarize
    | Ask
    | Search
    | Similar
    | Why
    | Thumb
    | Forget
    | Settings
    | Status
    | FeedLink
    | EndFeedLink
    | Export
    | Import
    | Help
)


class Audience(StrEnum):
    """Who sees a reply."""

    PERSON = "person"  # help, errors, lists and previews: only whoever asked
    CHANNEL = "channel"  # subscribed, changed, paused: what everybody shares


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file handed over with a reply."""

    file_name: str
    content: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in domain terms; each platform shows it in its own way.

    `text` is plain sentences, one paragraph a line, with commands in `backticks`.
    """

    text: str
    audience: Audience = Audience.PERSON
    digest: Digest | None = None
    papers: tuple[DigestEntry, ...] = ()
    summary: Summary | None = None
    answer: Answer | None = None
    attachment: Attachment | None = None
    is_error: bool = False
