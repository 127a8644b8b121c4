"""Answers to commands as Slack messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from adapters.slack import limits
from adapters.slack.actions import PAPER_SUMMARIZE
from adapters.slack.limits import Block
from adapters.slack.mrkdwn import LINE, our_lines, paper_text
from adapters.slack.payload import (
    button,
    context,
    divider,
    fallback,
    section,
    verbatim,
    write_payload,
)
from adapters.slack.render_paper import (
    answer_groups,
    authors,
    facts,
    paper_buttons,
    paper_groups,
    reasons,
    small_print,
    summary_groups,
    title_line,
)
from bot.domain.commands import Attachment, Reply
from bot.domain.digest import DigestEntry
from bot.domain.summary import Summary
from bot.domain.text import shorten
from bot.domain.verbs import as_typed

_NUMBER: Final = re.compile(r"^#\d{1,4}(?=[ :])")
_WORDS: Final = 200  # characters of a fallback's line
_HEAD: Final = 600  # characters of a line above a summary: some papers have 3,000 authors
_LISTED_REASONS: Final = 3
_PART: Final = 8_000  # characters of a file in one message


def reply_payloads(reply: Reply, *, command: str) -> tuple[str, ...]:
    """The messages that answer a command, in order; at least one."""
    lines = list(_lines(reply, command))
    head: list[list[Block]] = [[section(text)] for text in limits.pack(lines, LINE)]
    groups, papers = [*head, *_more(reply, command)], _papers(reply)
    if not groups:
        return (write_payload("Done.", [section("Done.")]),)
    texts = [*lines, *(_entry_text(each) for each in _entries(reply))]
    return tuple(
        write_payload(fallback(texts), blocks, papers=papers)
        for blocks, _ in limits.messages(groups)
    )


def _more(reply: Reply, command: str) -> Iterator[Sequence[Block]]:
    """What came with a reply's text, in groups that belong together."""
    if reply.digest is not None and not reply.digest.is_empty:
        yield small_print(tuple(as_typed(each, prefix=command) for each in reply.digest.notices))
        for entry in reply.digest.entries:
            blocks = (
                block
                for each in paper_groups(entry, with_thumbs=False, is_brief=True)
                for block in each
            )
            yield [divider(), *blocks]
    for entry in reply.papers:
        yield [_listed(entry)]
    if reply.summary is not None:
        [*groups, last] = summary_groups(reply.summary) or [[]]
        yield from groups
        yield [*last, _buttons(reply.summary)]
    if reply.answer is not None:
        yield from answer_groups(reply.answer)
    if reply.attachment is not None:
        yield from _attached(reply.attachment)


def _entries(reply: Reply) -> tuple[DigestEntry, ...]:
    return (*(reply.digest.entries if reply.digest else ()), *reply.papers)


def _papers(reply: Reply) -> list[str]:
    """What a reaction on the reply is about; a list is about none of its papers."""
    if reply.summary is not None:
        return [reply.summary.arxiv_id]
    if reply.answer is not None:
        return [reply.answer.arxiv_id]
    return [each.paper.arxiv_id for each in _entries(reply)]


def _lines(reply: Reply, command: str) -> Iterator[str]:
    """A reply's own sentences; a subscription's number stands out, and so does a paper's title."""
    text = as_typed(reply.text, prefix=command)
    if reply.summary is None and reply.answer is None:
        for line in our_lines(text):
            yield _NUMBER.sub(lambda number: f"*{number[0]}*", line)
        return
    title, _, rest = text.partition("\n")
    yield f"*{paper_text(title, _HEAD)}*"
    for line in rest.splitlines():
        yield from our_lines(shorten(line, _HEAD))


def _listed(entry: DigestEntry) -> Block:
    """A paper of a list in a few lines, with the way to its summary beside it."""
    why = reasons(entry.reasons, at_most=_LISTED_REASONS)
    lines = (title_line(entry), authors(entry.paper.authors), facts(entry), why)
    return section(
        "\n".join(filter(None, lines)),
        accessory=button("Summarise", action_id=PAPER_SUMMARIZE, value=entry.paper.versioned_id),
    )


def _entry_text(entry: DigestEntry) -> str:
    return paper_text(f"{entry.rank}. {entry.paper.title} ({entry.paper.arxiv_id})", _WORDS)


def _attached(attachment: Attachment) -> Iterator[Sequence[Block]]:
    """A small file as text to copy: uploading one would need one more right."""
    content = attachment.content.rstrip("\n")
    parts = [content[at : at + _PART] for at in range(0, len(content), _PART)]
    for number, part in enumerate(parts, start=1):
        place = f", part {number} of {len(parts)}" if len(parts) > 1 else ""
        yield [context(paper_text(f"{attachment.file_name}{place}", _WORDS)), verbatim(part)]


def _buttons(summary: Summary) -> Block:
    return paper_buttons(f"{summary.arxiv_id}v{summary.version}", summarize=False)
