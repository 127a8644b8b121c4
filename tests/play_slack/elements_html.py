"""Buttons, menus and fields of Block Kit as HTML.

Each carries `data-action` and `data-block`; a button its `data-value`, too.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

from tests.play_slack.mrkdwn_html import mrkdwn_html, plain_html

Json = dict[str, Any]
Names = Mapping[str, str]  # users and channels by ID


def text_html(text: Json, names: Names) -> str:
    """A text object."""
    if text["type"] == "mrkdwn":
        return mrkdwn_html(text["text"], names)
    return plain_html(text["text"])


def element_html(element: Json, block: Json, names: Names) -> str:
    """Something to click, to choose from or to fill in, of a block."""
    name = html.escape(element.get("action_id", ""), quote=True)
    place = html.escape(block.get("block_id", ""), quote=True)
    draw = _DRAWN.get(element["type"], _id_field)
    return draw(element, f'data-action="{name}" data-block="{place}"', names)


def _button(button: Json, where: str, _: Names) -> str:
    style = html.escape(button.get("style", ""))
    value = html.escape(button.get("value", ""), quote=True)
    link = html.escape(button.get("url", ""), quote=True)
    opens = f' data-url="{link}"' if link else ""
    words = plain_html(button["text"]["text"])
    return f'<button class="{style}" {where} data-value="{value}"{opens}>{words}</button>'


def _text_field(element: Json, where: str, _: Names) -> str:
    initial = html.escape(element.get("initial_value", ""), quote=True)
    hint = html.escape(element.get("placeholder", {}).get("text", ""), quote=True)
    if element.get("multiline"):
        return f'<textarea class="field" {where} placeholder="{hint}">{initial}</textarea>'
    return f'<input class="field" {where} value="{initial}" placeholder="{hint}">'


def _choices(element: Json, where: str, names: Names) -> str:
    chosen = [*element.get("initial_options", []), element.get("initial_option")]
    sort = "checkbox" if element["type"] == "checkboxes" else "radio"
    shown = ""
    for option in element["options"]:
        ticked = " checked" if option in chosen else ""
        value = html.escape(option["value"], quote=True)
        box = f'<input type="{sort}" name="{html.escape(element["action_id"])}" value="{value}"'
        shown += f"<div>{box}{ticked}> {text_html(option['text'], names)}</div>"
    return f'<div class="choices" {where} data-kind="{sort}">{shown}</div>'


def _menu(element: Json, where: str, _: Names) -> str:
    many = " multiple" if element["type"].startswith("multi_") else ""
    chosen = [*element.get("initial_options", []), element.get("initial_option")]
    hint = element.get("placeholder", {}).get("text", "⋯" if element["type"] == "overflow" else "")
    shown = "" if many else f'<option value="">{plain_html(hint)}</option>'
    for group in element.get("option_groups", [{"options": element.get("options", [])}]):
        for option in group["options"]:
            is_chosen = " selected" if option in chosen else ""
            value = html.escape(option["value"], quote=True)
            words = plain_html(option["text"]["text"])
            shown += f'<option value="{value}"{is_chosen}>{words}</option>'
    return f'<select class="field" {where}{many}>{shown}</select>'


def _id_field(element: Json, where: str, names: Names) -> str:
    """Users and channels to choose from."""
    signs = {"users": ("U",), "channels": ("C",), "conversations": ("C", "G", "D")}
    sort = element["type"].removeprefix("multi_").removesuffix("_select")
    many = " multiple" if element["type"].startswith("multi_") else ""
    initial = [each for name, each in element.items() if name.startswith("initial_")]
    shown = "" if many else '<option value=""></option>'
    for name, words in names.items():
        if name.startswith(signs.get(sort, ("U",))):
            is_chosen = " selected" if name in initial or [name] in initial else ""
            shown += f'<option value="{html.escape(name)}"{is_chosen}>{html.escape(words)}</option>'
    return f'<select class="field" {where}{many}>{shown}</select>'


def _picker(element: Json, where: str, _: Names) -> str:
    initial = element.get("initial_time") or element.get("initial_date") or ""
    sort = element["type"].removesuffix("picker")
    return f'<input type="{sort}" class="field" {where} value="{html.escape(initial)}">'


def _image(element: Json, where: str, _: Names) -> str:
    return f'<span class="image" {where}>🖼 {html.escape(element["alt_text"])}</span>'


_DRAWN: dict[str, Callable[[Json, str, Names], str]] = {
    "button": _button,
    "checkboxes": _choices,
    "datepicker": _picker,
    "email_text_input": _text_field,
    "image": _image,
    "multi_static_select": _menu,
    "number_input": _text_field,
    "overflow": _menu,
    "plain_text_input": _text_field,
    "radio_buttons": _choices,
    "static_select": _menu,
    "timepicker": _picker,
    "url_text_input": _text_field,
}
