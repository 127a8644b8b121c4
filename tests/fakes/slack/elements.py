"""What Slack refuses in texts, buttons, menus and fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.slack.state import Json

_PLAIN_MENUS = frozenset(
    {
        "users_select",
        "multi_users_select",
        "conversations_select",
        "multi_conversations_select",
        "channels_select",
        "multi_channels_select",
        "external_select",
        "multi_external_select",
    }
)
_PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})


def text_faults(text: Any, name: str, *, longest: int, plain: bool = False) -> Iterator[str]:
    """Faults of a text object."""
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        yield f"{name}: must be a text object"
        return
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text.get("type") not in kinds:
        yield f"{name}: must be of type {' or '.join(kinds)}"
    if not text["text"]:
        yield f"{name}: must be more than 0 characters"
    if len(text["text"]) > longest:
        yield f"{name}: must be less than {longest + 1} characters"
    if "emoji" in text and text.get("type") != "plain_text":
        yield f"{name}: emoji belongs to plain_text"
    if "verbatim" in text and text.get("type") != "mrkdwn":
        yield f"{name}: verbatim belongs to mrkdwn"


def element_faults(element: Any) -> Iterator[str]:
    """Faults of something one can click, choose from or fill in."""
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        yield "element: must be an object with a type"
        return
    kind = element["type"]
    if len(element.get("action_id", "")) > 255:
        yield "action_id: more than 255 characters"
    if element.get("placeholder") is not None:
        yield from text_faults(element["placeholder"], "placeholder", longest=150, plain=True)
    if element.get("confirm") is not None:
        yield from _confirm_faults(element["confirm"])
    if kind in _CHECKS:
        yield from _CHECKS[kind](element)
    elif kind not in _PLAIN_MENUS | _PICKERS:
        yield f"unsupported element: {kind}"


def _button_faults(button: Json) -> Iterator[str]:
    yield from text_faults(button.get("text"), "text", longest=75, plain=True)
    if len(button.get("value", "")) > 2_000:
        yield "value: must be less than 2001 characters"
    if len(button.get("url", "")) > 3_000:
        yield "url: must be less than 3001 characters"
    if len(button.get("accessibility_label", "")) > 75:
        yield "accessibility_label: must be less than 76 characters"
    if button.get("style", "primary") not in ("primary", "danger"):
        yield "style: primary or danger"
    if "url" not in button and not button.get("action_id"):
        yield "action_id: this button can never be answered"


def _menu_faults(menu: Json) -> Iterator[str]:
    options = list(menu.get("options", []))
    groups = menu.get("option_groups", [])
    if bool(options) == bool(groups):
        yield "options: either options or option_groups"
    if len(groups) > 100:
        yield "option_groups: no more than 100 items allowed"
    for group in groups:
        yield from text_faults(group.get("label"), "label", longest=75, plain=True)
        yield from _options_faults(group.get("options", []), most=100)
        options += group.get("options", [])
    if not groups:
        yield from _options_faults(options, most=100)
    initial = menu.get("initial_options", [])
    for each in [*initial, *([menu["initial_option"]] if "initial_option" in menu else [])]:
        if each not in options:
            yield "initial_option: must be one of the options"


def _choice_faults(element: Json) -> Iterator[str]:
    most = 5 if element["type"] == "overflow" else 10
    options = element.get("options", [])
    yield from _options_faults(options, most=most, may_be_mrkdwn=element["type"] != "overflow")
    initial = element.get("initial_options", [])
    if "initial_options" in element and not initial:
        yield "initial_options: must have one item or more"
    for each in [*initial, *([element["initial_option"]] if "initial_option" in element else [])]:
        if each not in options:
            yield "initial_option: must be one of the options"


def _options_faults(options: Any, *, most: int, may_be_mrkdwn: bool = False) -> Iterator[str]:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield f"options: between 1 and {most} items"
        return
    for each in options:
        yield from text_faults(each.get("text"), "text", longest=75, plain=not may_be_mrkdwn)
        if not 0 < len(each.get("value", "")) <= 150:
            yield "value: between 1 and 150 characters"
        if each.get("description") is not None:
            yield from text_faults(
                each["description"], "description", longest=75, plain=not may_be_mrkdwn
            )


def _input_faults(element: Json) -> Iterator[str]:
    longest = element.get("max_length", 3_000)
    if not 0 < longest <= 3_000:
        yield "max_length: between 1 and 3000"
    if len(element.get("initial_value", "")) > longest:
        yield "initial_value: longer than max_length"
    if "initial_value" in element and not isinstance(element["initial_value"], str):
        yield "initial_value: must be a string"


def _image_faults(image: Json) -> Iterator[str]:
    if not image.get("alt_text") or not image.get("image_url"):
        yield "image: needs alt_text and image_url"


def _confirm_faults(confirm: Any) -> Iterator[str]:
    if not isinstance(confirm, dict):
        yield "confirm: must be an object"
        return
    yield from text_faults(confirm.get("title"), "title", longest=100, plain=True)
    yield from text_faults(confirm.get("text"), "text", longest=300)
    yield from text_faults(confirm.get("confirm"), "confirm", longest=30, plain=True)
    yield from text_faults(confirm.get("deny"), "deny", longest=30, plain=True)


_CHECKS: dict[str, Callable[[Json], Iterator[str]]] = {
    "button": _button_faults,
    "overflow": _choice_faults,
    "checkboxes": _choice_faults,
    "radio_buttons": _choice_faults,
    "image": _image_faults,
    "static_select": _menu_faults,
    "multi_static_select": _menu_faults,
    "plain_text_input": _input_faults,
    "number_input": _input_faults,
    "email_text_input": _input_faults,
    "url_text_input": _input_faults,
}
