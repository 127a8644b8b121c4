"""Discord's messages as HTML: for the page of `make play-discord` and the pictures of the docs.

What can be clicked or filled in carries `data-click`, `data-field` and their like.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from tests.play_discord.markdown_html import markdown_html

Json = Mapping[str, Any]
Names = Mapping[str, str]

_NO_NAMES: Names = {}
_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link"}
# Drawn, for machines whose fonts lack them.
_ICONS = {
    "📄": '<svg class="icon" viewBox="0 0 16 16"><path d="M3 1h7l3 3v11H3z" fill="#e3e5e8"/>'
    '<path d="M5 6h6M5 8.5h6M5 11h4" stroke="#5865f2"/></svg>',
    "🔎": '<svg class="icon" viewBox="0 0 16 16"><circle cx="9.5" cy="6.5" r="4.5" fill="#9cc9f5"'
    ' stroke="#e3e5e8" stroke-width="1.6"/><path d="M6 10l-4.5 4.5" stroke="#e3e5e8"'
    ' stroke-width="2.2"/></svg>',
}
_DEFAULT_COLOUR = 0x1E1F22


def message_html(
    body: Json,
    names: Names = _NO_NAMES,
    *,
    author: str = "Papercourier",
    is_app: bool = True,
    time: str = "9:00",
    note: str = "",
    under: str = "",
) -> str:
    """A message as it stands in a channel; `body` as Discord takes or gives it.

    `note` and `under` are HTML that is put below it.
    """
    app = ' <span class="app">APP</span>' if is_app else ""
    face = "📬" if is_app else html.escape(author[:1].upper())
    content = body.get("content") or ""
    edited = ' <span class="time">(edited)</span>' if body.get("edited_timestamp") else ""
    text = f'<div class="text">{markdown_html(content, names)}{edited}</div>' if content else ""
    embeds = "".join(embed_html(each, names) for each in body.get("embeds") or ())
    parts = components_html(body.get("components") or (), names)
    return (
        f'<div class="message"><div class="face">{face}</div><div class="body">'
        f'<div class="head"><b>{html.escape(author)}</b>{app} '
        f'<span class="time">{html.escape(time)}</span></div>'
        f"{text}{embeds}{parts}{under}{note}</div></div>"
    )


def embed_html(embed: Json, names: Names = _NO_NAMES) -> str:
    """An embed with its coloured edge."""
    colour = embed.get("color")
    edge = _DEFAULT_COLOUR if colour is None else int(colour)
    author = embed.get("author", {}).get("name", "")
    inner = f'<div class="by">{html.escape(author)}</div>' if author else ""
    if embed.get("title"):
        title = markdown_html(embed["title"], names, has_lines=False)
        if embed.get("url"):
            title = f'<a href="{html.escape(embed["url"])}" target="_blank">{title}</a>'
        inner += f'<div class="title">{title}</div>'
    if embed.get("description"):
        inner += f'<div class="description">{markdown_html(embed["description"], names)}</div>'
    fields = "".join(_field(each, names) for each in embed.get("fields") or ())
    inner += f'<div class="fields">{fields}</div>' if fields else ""
    footer = embed.get("footer", {}).get("text", "")
    inner += f'<div class="footer">{html.escape(footer)}</div>' if footer else ""
    # SVG, for a page that allows no styles of its own.
    bar = (
        '<svg class="edge" viewBox="0 0 1 1" preserveAspectRatio="none">'
        f'<rect width="1" height="1" fill="#{edge:06x}"/></svg>'
    )
    return f'<div class="embed">{bar}<div class="inside">{inner}</div></div>'


def _field(field: Json, names: Names) -> str:
    kind = "field inline" if field.get("inline") else "field"
    name, value = (
        markdown_html(field["name"], names, has_lines=False),
        markdown_html(field["value"], names),
    )
    return f'<div class="{kind}"><b>{name}</b><div>{value}</div></div>'


def components_html(components: Sequence[Json], names: Names = _NO_NAMES) -> str:
    """Rows of buttons and selects; texts, sections and containers."""
    return "".join(_component(each, names) for each in components)


def _component(part: Json, names: Names) -> str:
    inner = components_html(part.get("components") or (), names)
    match part["type"]:
        case 1:
            drawn = f'<div class="row">{inner}</div>'
        case 2:
            drawn = _button(part)
        case 3:
            drawn = _select(part)
        case 9:
            beside = _component(part["accessory"], names)
            drawn = f'<div class="section"><div>{inner}</div>{beside}</div>'
        case 10:
            drawn = f'<div class="text">{markdown_html(part["content"], names)}</div>'
        case 14:
            drawn = "<hr>"
        case 17:
            drawn = f'<div class="embed"><div class="inside">{inner}</div></div>'
        case kind:
            drawn = f'<div class="unknown">component {int(kind)}</div>'
    return drawn


def _button(part: Json) -> str:
    emoji = (part.get("emoji") or {}).get("name", "")
    icon = _ICONS.get(emoji, html.escape(emoji))
    label = " ".join(filter(None, (icon, html.escape(part.get("label") or ""))))
    style = _STYLES.get(part.get("style", 2), "secondary")
    disabled = " disabled" if part.get("disabled") else ""
    if "url" in part:
        link = html.escape(part["url"])
        return f'<a class="button link" href="{link}" target="_blank">{label} ↗</a>'
    name = html.escape(part.get("custom_id", ""))
    return f'<button class="button {style}" data-click="{name}"{disabled}>{label}</button>'


def _select(part: Json) -> str:
    shown = html.escape(part.get("placeholder") or "Make a selection")
    options = "".join(_option(each) for each in part["options"])
    name = html.escape(part["custom_id"])
    return f'<select data-select="{name}"><option value="">{shown}</option>{options}</select>'


def _option(option: Json) -> str:
    chosen = " selected" if option.get("default") else ""
    label = html.escape(option["label"])
    return f'<option value="{html.escape(option["value"])}"{chosen}>{label}</option>'


def modal_html(modal: Json, names: Names = _NO_NAMES) -> str:
    """A form with its fields."""
    fields = "".join(_modal_part(each, names) for each in modal["components"])
    return (
        f'<div class="modal"><div class="title">{html.escape(modal["title"])}</div>{fields}'
        '<div class="foot"><button class="button secondary" data-do="cancel">Cancel</button>'
        '<button class="button primary" data-do="submit">Submit</button></div></div>'
    )


def _modal_part(part: Json, names: Names) -> str:
    if part["type"] == 10:
        return f'<div class="text">{markdown_html(part["content"], names)}</div>'
    fields = part.get("components") or [part["component"]]
    return "".join(_modal_field(each, part) for each in fields)


def _modal_field(field: Json, around: Json) -> str:
    label = html.escape(around.get("label") or field.get("label") or "")
    hint = html.escape(around.get("description") or "")
    star = ' <span class="star">*</span>' if field.get("required", True) else ""
    head = f'<label>{label}{star}</label><div class="hint">{hint}</div>'
    name = html.escape(field["custom_id"])
    if field["type"] == 3:
        several = " multiple" if field.get("max_values", 1) > 1 else ""
        options = "".join(_option(each) for each in field["options"])
        return f'{head}<select data-field="{name}"{several}>{options}</select>'
    value = html.escape(field.get("value") or "")
    holder = html.escape(field.get("placeholder") or "")
    if field.get("style") == 2:
        box = f'<textarea rows="4" data-field="{name}" placeholder="{holder}">{value}</textarea>'
    else:
        box = f'<input data-field="{name}" value="{value}" placeholder="{holder}">'
    return head + box
