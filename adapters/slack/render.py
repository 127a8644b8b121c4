"""A digest as Slack messages.

With threads the channel gets one message, and each paper one in its thread, so that buttons and
reactions belong to one paper. Without, the channel gets as few messages as hold the papers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from adapters.slack import limits
from adapters.slack.limits import Block
from adapters.slack.mrkdwn import our_lines, paper_text, plain_text
from adapters.slack.payload import context, divider, fallback, header, section, write_payload
from adapters.slack.render_paper import authors, paper_groups, small_print, title_line, title_link
from adapters.slack.reply import reply_payloads
from bot.domain.commands import Reply
from bot.domain.digest import Digest, DigestEntry
from bot.domain.silence import day
from bot.domain.subscriptions import Subscription
from bot.domain.text import shorten
from bot.domain.verbs import as_typed

_TOP_TITLES: Final = 5
_TOP_TITLE: Final = 160
_CATEGORIES: Final = 300
_REASON: Final = 1_000


class SlackRenderer:
    """Digests and replies as the JSON of Slack's messages.

    `for_webhook` leaves out what an incoming webhook cannot have: threads and buttons.
    """

    def __init__(self, *, command: str = "/arxiv", for_webhook: bool = False) -> None:
        self._command = command  # what people type before a verb
        self._for_webhook = for_webhook

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        """The exact payloads, one for each message; the first is the parent."""
        digest = self._typed(digest)
        if digest.is_empty:
            return (_nothing(digest),)
        if subscription.threads and not self._for_webhook:
            papers = (each for entry in digest.entries for each in _in_thread(entry))
            return (_parent(digest, subscription), *papers)
        return tuple(_in_channel(digest, subscription, with_buttons=not self._for_webhook))

    def _typed(self, digest: Digest) -> Digest:
        """The digest with commands in its sentences as people type them here."""
        return replace(
            digest,
            silence_reason=as_typed(digest.silence_reason, prefix=self._command),
            notices=tuple(as_typed(each, prefix=self._command) for each in digest.notices),
        )

    def reply(self, reply: Reply) -> tuple[str, ...]:
        """The payloads that answer a command; of several the first is the head of the others."""
        return reply_payloads(reply, command=self._command)


def _headline(digest: Digest) -> str:
    return f"arXiv · {day(digest.announced_on)}" if digest.announced_on else "arXiv"


def _counts(digest: Digest, subscription: Subscription) -> str:
    papers = "1 paper" if len(digest.entries) == 1 else f"{len(digest.entries)} papers"
    categories = paper_text(", ".join(subscription.interests.categories), _CATEGORIES)
    return (
        f"*{papers}* of {digest.matched} that matched · {digest.considered} announced in "
        f"{categories}"
    )


def _head(digest: Digest, subscription: Subscription) -> list[Block]:
    return [
        header(plain_text(_headline(digest), limits.HEADER)),
        context(_counts(digest, subscription)),
        *small_print(digest.notices),
    ]


def _parent(digest: Digest, subscription: Subscription) -> str:
    titles = [
        f"{entry.rank}. {title_link(entry.paper, _TOP_TITLE)}"
        for entry in digest.entries[:_TOP_TITLES]
    ]
    hidden = len(digest.entries) - len(titles)
    more = [f"… and {hidden} more in the thread"] if hidden > 0 else []
    blocks = [*_head(digest, subscription), section("\n".join([*titles, *more]))]
    summary = f"{_headline(digest)}: {_counts(digest, subscription)}"
    return write_payload(fallback([summary, *titles, *more]), blocks, in_channel=True)


def _nothing(digest: Digest) -> str:
    """Why there is nothing, as quiet as a message can be."""
    reason = shorten(digest.silence_reason, _REASON)
    [first, *more] = our_lines(reason) or ("Nothing that this channel asks for was announced.",)
    lines = [f"*{_headline(digest)}* · no papers. {first}", *more]
    blocks: list[Block] = [section(text) for text in limits.pack(lines, limits.SECTION)]
    blocks += small_print(digest.notices)
    return write_payload(fallback(lines), blocks, in_channel=True)


def _in_thread(entry: DigestEntry) -> Iterator[str]:
    """One paper, in more than one message only when its summary is too long for one."""
    parts = [blocks for blocks, _ in limits.messages(paper_groups(entry))]
    for number, blocks in enumerate(parts, start=1):
        if number > 1:
            place = f"{title_line(entry)} · continued, {number} of {len(parts)}"
            blocks.insert(0, context(place))
        yield write_payload(_paper_text(entry), blocks, papers=[entry.paper.arxiv_id])


def _in_channel(digest: Digest, subscription: Subscription, *, with_buttons: bool) -> Iterator[str]:
    groups: list[list[Block]] = [_head(digest, subscription)]
    groups += [[divider(), *_whole(entry, with_buttons=with_buttons)] for entry in digest.entries]
    summary = f"{_headline(digest)}: {_counts(digest, subscription)}"
    for blocks, numbers in limits.messages(groups):
        entries = digest.entries[max(numbers.start - 1, 0) : numbers.stop - 1]
        lines = [summary] if numbers.start == 0 else []
        yield write_payload(
            fallback([*lines, *map(_paper_text, entries)]),
            blocks,
            papers=[entry.paper.arxiv_id for entry in entries],
            in_channel=True,
        )


def _whole(entry: DigestEntry, *, with_buttons: bool) -> list[Block]:
    groups = paper_groups(entry, with_buttons=with_buttons, is_brief=True)
    return [block for group in groups for block in group]


def _paper_text(entry: DigestEntry) -> str:
    return f"{title_line(entry)} {authors(entry.paper.authors)}"
