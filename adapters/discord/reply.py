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
from bot.domain.text import shorten

_TITLE_LENGTH = 220
_LINE_LENGTH = 400  # of one that names all authors: some papers have thousands
_BLUE = 0x2F6FDE


def reply_payloads(reply: Reply) -> tuple[str, ...]:
    """The messages that answer a command, in order; at least one."""
    if reply.summary is not None:
        return tuple(_summary(reply.text, reply.summary))
    if reply.answer is not None:
        return tuple(_answer(reply.text, reply.answer))
    if reply.digest is not None and not reply.digest.is_empty:
        text = "\n".join((reply.text, *reply.digest.notices))
        return tuple(_previewed(text, reply.digest.entries))
    if reply.papers:
        return tuple(_listed(reply.text, reply.papers))
    return tuple(_text(reply.text or "Done."))


def _text(text: str) -> Iterator[str]:
    """Sentences as content; many of them as an embed, which takes more and stays together."""
    content = our_text(text, is_content=True)
    if limits.length(content) <= limits.CONTENT:
        yield write_payload(content=content)
        return
    blocks = our_text(text).split("\n")
    for part in limits.pack(blocks, limits.DESCRIPTION, between="\n"):
        yield write_payload(embeds=[{"description": part, "color": QUIET}])


def _previewed(text: str, entries: Sequence[DigestEntry]) -> Iterator[str]:
    """Papers as a channel without threads would get them, but for the thumbs."""
    *earlier, head = _contents(text)
    yield from (write_payload(content=each) for each in earlier)
    for together in several_papers(entries):
        yield write_payload(
            content=head,
            embeds=[embed for _, embed in together],
            components=grid([entry for entry, _ in together], Action.SUMMARIZE),
        )
        head = ""


def _listed(text: str, entries: Sequence[DigestEntry]) -> Iterator[str]:
    """Papers as a list, each in two lines or three, with a button each to read on."""
    *before, head = _contents(text)
    yield from (write_payload(content=each) for each in before)
    blocks = [_line(entry) for entry in entries]
    [*earlier, last] = limits.pack(blocks, limits.DESCRIPTION)
    for part in earlier:
        yield write_payload(content=head, embeds=[{"description": part, "color": _BLUE}])
        head = ""
    buttons = grid(entries[: limits.BUTTONS_A_ROW * limits.ROWS], Action.SUMMARIZE)
    embeds = [{"description": last, "color": _BLUE}]
    yield write_payload(content=head, embeds=embeds, components=buttons)


def _contents(text: str) -> list[str]:
    """Sentences as the contents of as few messages as hold them; of one that says nothing, none."""
    return list(limits.pack([our_text(text, is_content=True)], limits.CONTENT)) or [""]


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
    buttons = paper_buttons(f"{summary.arxiv_id}v{summary.version}", without=Action.SUMMARIZE)
    head, rest = _head(text, summary.arxiv_id)
    blocks = [rest, *summary_blocks(summary)]
    yield from _read(blocks, head=head, footer=summary_footer(summary), components=buttons)


def _answer(text: str, answer: Answer) -> Iterator[str]:
    head, rest = _head(text, answer.arxiv_id)
    yield from _read([rest, *answer_blocks(answer)], head=head, footer=answer_footer(answer))


def _head(text: str, arxiv_id: str) -> tuple[Part, str]:
    """The paper's title, which is the text's first line, as an embed's; and the other lines."""
    title, *lines = text.split("\n")
    rest = "\n".join(shorten(line, _LINE_LENGTH) for line in lines)
    if not title.strip():
        return {}, our_text(rest)
    address = f"https://arxiv.org/abs/{arxiv_id}"
    return {"title": paper_text(title, limits.TITLE), "url": address}, our_text(rest)


def _read(
    blocks: Sequence[str], *, head: Part, footer: str, components: Sequence[Part] = ()
) -> Iterator[str]:
    """What was read from one paper, its buttons under the last message."""
    given = [block for block in blocks if block] or ["The paper gave nothing to show."]
    *earlier, last = paged(given, head=head, footer=footer, colour=_BLUE)
    for embeds in earlier:
        yield write_payload(embeds=embeds)
    yield write_payload(embeds=last, components=components)
