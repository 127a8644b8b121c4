"""What a Slack client sends for the fields of a form, and which form it would not send."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.state import Json, View

_TEXTS = frozenset({"plain_text_input", "number_input", "email_text_input", "url_text_input"})
_ONE = {
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "users_select": ("selected_user", "initial_user"),
}
_MANY = {
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_users_select": ("selected_users", "initial_users"),
}
_ONE_OPTION = frozenset({"static_select", "radio_buttons", "external_select", "overflow"})
_MANY_OPTIONS = frozenset({"multi_static_select", "checkboxes", "multi_external_select"})


def filled(view: View, values: Json) -> Json:
    """`state.values` of a submission: fields by block or action ID, else their initial values.

    Fails where Slack's own client would not submit.
    """
    known = {name for element, block in view.elements() for name in _names(element, block)}
    assert values.keys() <= known, f"no such fields: {sorted(values.keys() - known)}, but {known}"
    state: Json = {}
    for element, block in view.elements():
        if element["type"] == "button":
            continue
        given = [values[name] for name in _names(element, block) if name in values]
        value = field_state(element, *given)
        if block["type"] == "input" and not block.get("optional"):
            assert _is_filled(value), f"{block['label']['text']} must be filled in"
        state.setdefault(block["block_id"], {})[element["action_id"]] = value
    return state


def _names(element: Json, block: Json) -> list[str]:
    return [element["action_id"], block["block_id"]]


def field_state(element: Json, *given: Any) -> Json:
    """What a field holds: `given`, if there is something, or what it started with."""
    kind = element["type"]
    if kind in _TEXTS:
        text = given[0] if given else element.get("initial_value")
        longest = element.get("max_length", 3_000)
        assert len(text or "") <= longest, f"only {longest} characters can be typed here"
        return {"type": kind, "value": text or None}
    if kind in _ONE:
        name, initial = _ONE[kind]
        return {"type": kind, name: given[0] if given else element.get(initial)}
    if kind in _MANY:
        name, initial = _MANY[kind]
        return {"type": kind, name: list(given[0]) if given else element.get(initial, [])}
    if kind in _ONE_OPTION:
        chosen = _option(element, given[0]) if given else element.get("initial_option")
        return {"type": kind, "selected_option": chosen}
    if kind in _MANY_OPTIONS:
        initial = element.get("initial_options", [])
        many = [_option(element, each) for each in given[0]] if given else initial
        return {"type": kind, "selected_options": many}
    raise AssertionError(f"a field of the type {kind}")


def _option(element: Json, value: Any) -> Json | None:
    if value is None:
        return None
    options = [*element.get("options", [])]
    for group in element.get("option_groups", []):
        options += group["options"]
    for option in options:
        if option["value"] == value:
            found: Json = option
            return found
    raise AssertionError(f"{value!r} is none of {[each['value'] for each in options]}")


def _is_filled(value: Json) -> bool:
    return any(each for name, each in value.items() if name != "type")
