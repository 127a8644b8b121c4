"""Answers to commands as Discord messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.discord import limits
from adapters.discord.actions import Action
from adapters.discord.embeds import paged, several_papers
from adapters.discord.markdown import link, our_text, paper_text
from adapters.discord.payload import write_payload
from adapters.discord.render_paper import (
    QUIET,
    Part,
    answer_blocks,
    answer_footer,
    authors,
    grid,
    links,
    paper_buttons,
    reasons,
    summary_blocks,
    summary_footer,
)
from bot.domain.answer import Answer
from bot.domain.commands import Reply
from bot.domain.digest import DigestEntry
from bot.domain.summary import Summary

_TITLE_LENGTH = 220
_BLUE = 0x2F6FDE


def reply_payloads(reply: Reply) -> tuple[str, ...]:
    """The messages that answer a command, in order; at least one."""
    if reply.summary is not None:
        return tuple(_summary(reply.text, reply.summary))
    if reply.answer is not None:
        return tuple(_answer(reply.text, reply.answer))
    messages = list(_text(reply.text or "Done."))
    if reply.digest is not None and not reply.digest.is_empty:
        notices = "\n".join(reply.digest.notices)
        messages += [*(_text(notices) if notices else ()), *_previewed(reply.digest.entries)]
    if reply.papers:
        return (*messages[:-1], *_listed(reply.text, reply.papers))
    return tuple(messages)


def _text(text: str) -> Iterator[str]:
    """Sentences as content; many of them as an embed, which takes more and stays together."""
    content = our_text(text, is_content=True)
    if limits.length(content) <= limits.CONTENT:
        yield write_payload(content=content)
        return
    blocks = our_text(text).split("\n")
    for part in limits.pack(blocks, limits.DESCRIPTION, between="\n"):
        yield write_payload(embeds=[{"description": part, "color": QUIET}])


def _previewed(entries: Sequence[DigestEntry]) -> Iterator[str]:
    """Papers as a channel without threads would get them, but for the thumbs."""
    for together in several_papers(entries):
        yield write_payload(
            embeds=[embed for _, embed in together],
            components=grid([entry for entry, _ in together], Action.SUMMARIZE),
        )


def _listed(text: str, entries: Sequence[DigestEntry]) -> Iterator[str]:
    """Papers as a list, each in two lines or three, with a button each to read on."""
    [head, *more] = limits.pack([our_text(text, is_content=True)], limits.CONTENT)
    for part in more:
        yield write_payload(content=head)
        head = part
    blocks = [_line(entry) for entry in entries]
    [*earlier, last] = limits.pack(blocks, limits.DESCRIPTION)
    for part in earlier:
        yield write_payload(content=head, embeds=[{"description": part, "color": _BLUE}])
        head = ""
    buttons = grid(entries[: limits.BUTTONS_A_ROW * limits.ROWS], Action.SUMMARIZE)
    embeds = [{"description": last, "color": _BLUE}]
    yield write_payload(content=head, embeds=embeds, components=buttons)


def _line(entry: DigestEntry) -> str:
    paper = entry.paper
    title = link(paper_text(paper.title, _TITLE_LENGTH), paper.abs_url)
    score = f" · {entry.score:.0f}" if entry.reasons else ""
    lines = [
        f"**{entry.rank}. {title}**{score}",
        f"{authors(paper)} · {paper_text(paper.primary_category, 40)} · {links(paper)}",
    ]
    if entry.reasons:
        lines.append(f"*{reasons(entry.reasons, signed=False)}*")
    return "\n".join(lines)


def _summary(text: str, summary: Summary) -> Iterator[str]:
    blocks = [our_text(text), *summary_blocks(summary)]
    buttons = paper_buttons(f"{summary.arxiv_id}v{summary.version}", without=Action.SUMMARIZE)
    yield from _read(blocks, footer=summary_footer(summary), components=buttons)


def _answer(text: str, answer: Answer) -> Iterator[str]:
    yield from _read([our_text(text), *answer_blocks(answer)], footer=answer_footer(answer))


def _read(blocks: Sequence[str], *, footer: str, components: Sequence[Part] = ()) -> Iterator[str]:
    """What was read from one paper, its buttons under the last message."""
    given = [block for block in blocks if block]
    *earlier, last = paged(
        given or ["The paper gave nothing to show."], footer=footer, colour=_BLUE
    )
    for embeds in earlier:
        yield write_payload(embeds=embeds)
    yield write_payload(embeds=last, components=components)
