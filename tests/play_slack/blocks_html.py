"""Block Kit as HTML: for the page of `make play-slack` and the pictures of the docs.

What can be clicked or filled in carries `data-action`, `data-block` and `data-value`.
"""

from __future__ import annotations

import html
from collections.abc import Callable

from tests.play_slack.elements_html import Json, Names, element_html, text_html
from tests.play_slack.markdown_html import markdown_html
from tests.play_slack.mrkdwn_html import mrkdwn_html, plain_html

_NO_NAMES: Names = {}


def blocks_html(blocks: list[Json], names: Names = _NO_NAMES) -> str:
    """The HTML of a message's or a view's blocks; `names` of users and channels by ID."""
    return "".join(f'<div class="block">{_block(block, names)}</div>' for block in blocks)


def message_html(
    payload: Json, names: Names = _NO_NAMES, *, note: str = "", time: str = "9:00"
) -> str:
    """A message of the bot's as it stands in a channel; `payload` as for chat.postMessage."""
    blocks = payload.get("blocks") or []
    body = blocks_html(blocks, names) if blocks else mrkdwn_html(payload.get("text", ""), names)
    head = f'<b>Papercourier</b> <span class="app">APP</span> <span class="time">{time}</span>'
    return (
        f'<div class="message"><div class="face">📬</div><div class="body">'
        f'<div class="head">{head}</div>{_note(note)}{body}</div></div>'
    )


def form_html(view: Json, names: Names = _NO_NAMES, *, errors: Json | None = None) -> str:
    """A modal with its title, fields and buttons; `errors` stand below their blocks."""
    shown = ""
    for block in view["blocks"]:
        fault = (errors or {}).get(block.get("block_id"))
        shown += f'<div class="block">{_block(block, names)}'
        shown += f'<div class="error">{html.escape(fault)}</div></div>' if fault else "</div>"
    title = plain_html(view.get("title", {}).get("text", ""))
    submit, close = view.get("submit"), view.get("close") or {"text": "Cancel"}
    buttons = f'<button data-close="1">{plain_html(close["text"])}</button>'
    if submit:
        buttons += f'<button class="primary" data-submit="1">{plain_html(submit["text"])}</button>'
    return (
        f'<div class="modal"><div class="title">{title}</div><div class="fields">{shown}</div>'
        f'<div class="foot">{buttons}</div></div>'
    )


def _note(note: str) -> str:
    return f'<div class="note">{html.escape(note)}</div>' if note else ""


def _block(block: Json, names: Names) -> str:
    draw = _DRAWN.get(block["type"])
    if draw is None:
        return f'<div class="unknown">{html.escape(block["type"])}</div>'
    return draw(block, names)


def _header(block: Json, _: Names) -> str:
    return f"<h3>{plain_html(block['text']['text'])}</h3>"


def _context_block(block: Json, names: Names) -> str:
    parts = (_context(each, names) for each in block["elements"])
    return f'<div class="context">{" ".join(parts)}</div>'


def _actions(block: Json, names: Names) -> str:
    shown = "".join(element_html(each, block, names) for each in block["elements"])
    return f'<div class="actions">{shown}</div>'


def _divider(_: Json, __: Names) -> str:
    return "<hr>"


def _markdown(block: Json, _: Names) -> str:
    return f'<div class="markdown">{markdown_html(block["text"])}</div>'


def _image(block: Json, _: Names) -> str:
    return f'<div class="image">🖼 {html.escape(block["alt_text"])}</div>'


def _rich_text(block: Json, names: Names) -> str:
    return "".join(_rich(each, names) for each in block["elements"])


def _section(block: Json, names: Names) -> str:
    words = text_html(block["text"], names) if "text" in block else ""
    fields = "".join(f"<div>{text_html(each, names)}</div>" for each in block.get("fields", []))
    if fields:
        words += f'<div class="columns">{fields}</div>'
    if "accessory" not in block:
        return f'<div class="words">{words}</div>'
    beside = element_html(block["accessory"], block, names)
    return f'<div class="section"><div class="words">{words}</div>{beside}</div>'


def _context(element: Json, names: Names) -> str:
    if element["type"] == "image":
        return f"<span>🖼 {html.escape(element['alt_text'])}</span>"
    return f"<span>{text_html(element, names)}</span>"


def _input(block: Json, names: Names) -> str:
    label = plain_html(block["label"]["text"])
    optional = ' <span class="optional">(optional)</span>' if block.get("optional") else ""
    hint = plain_html(block["hint"]["text"]) if block.get("hint") else ""
    field = element_html(block["element"], block, names)
    return f'<label>{label}{optional}</label>{field}<div class="hint">{hint}</div>'


def _rich(element: Json, names: Names) -> str:
    inner = "".join(_rich_piece(each, names) for each in element.get("elements", []))
    match element["type"]:
        case "rich_text_list":
            return f"<ul>{inner}</ul>"
        case "rich_text_preformatted":
            return f"<pre>{inner}</pre>"
        case "rich_text_quote":
            return f"<blockquote>{inner}</blockquote>"
    return f"<div>{inner}</div>"


def _rich_piece(piece: Json, names: Names) -> str:
    match piece["type"]:
        case "rich_text_section":
            inner = "".join(_rich_piece(each, names) for each in piece["elements"])
            return f"<li>{inner}</li>"
        case "link":
            words = html.escape(piece.get("text") or piece["url"])
            shown = f'<a href="{html.escape(piece["url"], quote=True)}">{words}</a>'
        case "emoji":
            shown = plain_html(f":{piece['name']}:")
        case "user" | "channel":
            name = piece.get("user_id") or piece.get("channel_id", "")
            shown = f'<span class="mention">{html.escape(names.get(name, name))}</span>'
        case _:
            shown = html.escape(piece.get("text", "")).replace("\n", "<br>")
    tags = {"bold": "strong", "italic": "em", "strike": "s", "code": "code"}
    for style, tag in tags.items():
        if piece.get("style", {}).get(style):
            shown = f"<{tag}>{shown}</{tag}>"
    return shown


def _table(block: Json, names: Names) -> str:
    rows = ""
    for row in block["rows"]:
        cells = (
            _block(cell, names) if cell["type"] == "rich_text" else html.escape(cell["text"])
            for cell in row
        )
        rows += f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    return f"<table>{rows}</table>"


_DRAWN: dict[str, Callable[[Json, Names], str]] = {
    "actions": _actions,
    "context": _context_block,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
}
