"""A digest as Discord messages.

Embeds rather than components: they hold 6,000 characters where components hold 4,000, work in
webhooks, and can fall back to plain text when a form of ours is refused. What a phone shows as a
notification is the content, so the content says in one line what came.

With threads the channel gets one message, and each paper a silent one in its thread. Without,
the channel gets several papers a message, each cut to what is read in passing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from adapters.discord import limits
from adapters.discord.actions import Action
from adapters.discord.embeds import PLAIN_REST, REST, paper_messages, several_papers
from adapters.discord.markdown import link, our_text, paper_text, plain_text
from adapters.discord.payload import SILENT, write_payload
from adapters.discord.render_paper import COLOURS, Part, grid, paper_buttons
from adapters.discord.reply import reply_payloads
from bot.domain.commands import Reply
from bot.domain.digest import Digest, DigestEntry
from bot.domain.silence import day
from bot.domain.subscriptions import Subscription
from bot.domain.verbs import as_typed

_TOP_TITLES = 5
_TOP_TITLE_LENGTH = 150
_CATEGORIES_LENGTH = 300
_NOTICE_LENGTH = 300


class DiscordRenderer:
    """Digests and replies as the JSON of Discord's messages.

    `for_webhook` leaves out what an incoming webhook cannot have: threads and buttons. `command` is
    what people type before a verb ("/arxiv").
    """

    def __init__(self, *, for_webhook: bool = False, command: str = "") -> None:
        self._for_webhook = for_webhook
        self._command = command

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        """The exact payloads, one for each message; the first is the parent."""
        digest = self._as_typed(digest)
        if digest.is_empty:
            return (_nothing(digest, subscription),)
        if subscription.threads and not self._for_webhook:
            return (_parent(digest, subscription), *self._thread(digest))
        return tuple(self._in_channel(digest, subscription))

    def reply(self, reply: Reply) -> tuple[str, ...]:
        """The payloads that answer a command."""
        digest = self._as_typed(reply.digest) if reply.digest else None
        text = as_typed(reply.text, prefix=self._command)
        return reply_payloads(replace(reply, text=text, digest=digest))

    def _as_typed(self, digest: Digest) -> Digest:
        """A digest whose sentences name commands as people here type them."""
        return replace(
            digest,
            silence_reason=as_typed(digest.silence_reason, prefix=self._command),
            notices=tuple(as_typed(each, prefix=self._command) for each in digest.notices),
        )

    def _thread(self, digest: Digest) -> Iterator[str]:
        name = digest_name(digest)
        for entry in digest.entries:
            *earlier, last = paper_messages(entry)
            for embeds in earlier:
                yield write_payload(embeds=embeds, flags=SILENT, thread_name=name)
            buttons = paper_buttons(entry.paper.versioned_id)
            yield write_payload(embeds=last, components=buttons, flags=SILENT, thread_name=name)

    def _in_channel(self, digest: Digest, subscription: Subscription) -> Iterator[str]:
        head: dict[str, Any] = {
            "content": _head(digest, subscription, with_counts=True),
            "role": subscription.role,
            "post_name": digest_name(digest),
        }
        for together in several_papers(digest.entries, rest=self._rest):
            yield write_payload(
                embeds=[embed for _, embed in together],
                components=self._several_buttons([entry for entry, _ in together]),
                **head,
            )
            head = {"flags": SILENT}

    @property
    def _rest(self) -> str:
        return PLAIN_REST if self._for_webhook else REST

    def _several_buttons(self, entries: Sequence[DigestEntry]) -> Sequence[Part]:
        if self._for_webhook:
            return ()
        if len(entries) == 1:
            return paper_buttons(entries[0].paper.versioned_id)
        return grid(entries, Action.SUMMARIZE, Action.LIKE, Action.DISLIKE)


def digest_name(digest: Digest) -> str:
    """What a digest's thread or forum post is called."""
    papers = "no papers" if digest.is_empty else _papers(digest)
    return f"{_named(digest)} · {papers}"


def _parent(digest: Digest, subscription: Subscription) -> str:
    lines = [_counts(digest, subscription), ""]
    for entry in digest.entries[:_TOP_TITLES]:
        score = f" · {entry.score:.1f}" if entry.reasons else ""
        label = paper_text(entry.paper.title, _TOP_TITLE_LENGTH)
        lines.append(f"{entry.rank}. {link(label, entry.paper.abs_url)}{score}")
    hidden = len(digest.entries) - _TOP_TITLES
    if hidden > 0:
        lines += ["", f"and {hidden} more in the thread"]
    embed = {"description": "\n".join(lines), "color": COLOURS[digest.entries[0].announce_type]}
    return write_payload(
        content=_head(digest, subscription, with_counts=False),
        embeds=[embed],
        role=subscription.role,
        post_name=digest_name(digest),
    )


def _nothing(digest: Digest, subscription: Subscription) -> str:
    """A quiet line: nobody's phone rings for it."""
    categories = _categories(subscription)
    lines = [
        f"**{_named(digest)}** · no papers in {categories}",
        our_text(digest.silence_reason, is_content=True),
        *(_notice(each) for each in digest.notices),
    ]
    [content, *_] = limits.pack(["\n".join(lines)], limits.CONTENT)
    return write_payload(content=content, flags=SILENT, post_name=digest_name(digest))


def _head(digest: Digest, subscription: Subscription, *, with_counts: bool) -> str:
    mention = f"<@&{subscription.role}> " if subscription.role else ""
    lines = [f"{mention}**{_named(digest)}** · {_papers(digest)}"]
    if with_counts:
        lines.append(_counts(digest, subscription))
    lines += [_notice(each) for each in digest.notices]
    [content, *_] = limits.pack(["\n".join(lines)], limits.CONTENT)
    return content


def _named(digest: Digest) -> str:
    return f"arXiv · {day(digest.announced_on)}" if digest.announced_on else "arXiv"


def _papers(digest: Digest) -> str:
    return "1 paper" if len(digest.entries) == 1 else f"{len(digest.entries)} papers"


def _counts(digest: Digest, subscription: Subscription) -> str:
    return (
        f"{len(digest.entries)} of {digest.matched} that matched, {digest.considered} announced "
        f"in {_categories(subscription)}"
    )


def _categories(subscription: Subscription) -> str:
    return paper_text(", ".join(subscription.interests.categories), _CATEGORIES_LENGTH)


def _notice(notice: str) -> str:
    return f"*{our_text(plain_text(notice, _NOTICE_LENGTH), is_content=True)}*"
