"""Discord's limits on buttons, selects, text displays and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.fakes.discord.refusals import Fault, RefusedError, invalid_form
from tests.fakes.discord.shapes import walk

ROW, BUTTON, SELECT, INPUT, TEXT_DISPLAY, LABEL = 1, 2, 3, 4, 10, 18
SELECTS = (3, 5, 6, 7, 8)
LINK_STYLE = 5
_BUTTONS_A_ROW = 5
_ROWS = 5
_PARTS_OF_V2 = 40
_TEXT_OF_V2 = 4_000
_Path = tuple[str | int, ...]


def component_faults(components: Sequence[Mapping[str, Any]], *, is_v2: bool) -> Iterator[Fault]:
    """What is wrong with a message's components."""
    every = list(walk([dict(each) for each in components]))
    if not is_v2 and len(components) > _ROWS:
        yield _long(("components",), _ROWS)
    if is_v2 and len(every) > _PARTS_OF_V2:
        yield _long(("components",), _PARTS_OF_V2)
    if sum(len(each.get("content") or "") for each in every) > _TEXT_OF_V2:
        sentence = f"Components displayable text size exceeds maximum size of {_TEXT_OF_V2}"
        yield (("components",), "COMPONENT_MAX_TEXT_SIZE_EXCEEDED", sentence)
    if not is_v2:
        for number, each in enumerate(components):
            if each.get("type") != ROW:
                sentence = 'Value of field "type" must be one of (1,).'
                yield (("components", number), "UNION_TYPE_CHOICES", sentence)
    seen: set[str] = set()
    for number, each in enumerate(components):
        yield from _one(each, ("components", number), seen)


def _one(each: Mapping[str, Any], path: _Path, seen: set[str]) -> Iterator[Fault]:
    kind = each.get("type")
    inner = each.get("components") or []
    if kind == ROW:
        if not 1 <= len(inner) <= _BUTTONS_A_ROW:
            sentence = f"Must be between 1 and {_BUTTONS_A_ROW} in length."
            yield ((*path, "components"), "BASE_TYPE_BAD_LENGTH", sentence)
        if any(part.get("type") in SELECTS for part in inner) and len(inner) > 1:
            sentence = "The specified component exceeds the maximum width"
            yield ((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", sentence)
    if kind == BUTTON:
        yield from _button(each, path)
    if kind in SELECTS:
        yield from _select(each, path)
    if each.get("custom_id") is not None:
        yield from _custom_id(each["custom_id"], path, seen)
    for number, part in enumerate(inner):
        yield from _one(part, (*path, "components", number), seen)
    if "accessory" in each:
        yield from _one(each["accessory"], (*path, "accessory"), seen)


def _custom_id(custom_id: str, path: _Path, seen: set[str]) -> Iterator[Fault]:
    if not 1 <= len(custom_id) <= 100:
        sentence = "Must be between 1 and 100 in length."
        yield ((*path, "custom_id"), "BASE_TYPE_BAD_LENGTH", sentence)
    if custom_id in seen:
        sentence = "Component custom id cannot be duplicated"
        yield ((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", sentence)
    seen.add(custom_id)


def _button(each: Mapping[str, Any], path: _Path) -> Iterator[Fault]:
    label = each.get("label") or ""
    if len(label) > 80:
        yield _long((*path, "label"), 80)
    if not label.strip() and not each.get("emoji"):
        sentence = "A button must have a label or emoji"
        yield (path, "BUTTON_COMPONENT_NEEDS_LABEL_OR_EMOJI", sentence)
    is_link = each.get("style") == LINK_STYLE
    if is_link and each.get("custom_id"):
        sentence = "A custom id and url cannot both be specified"
        yield (path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", sentence)
    url = each.get("url") or ""
    if is_link and not url.startswith(("http://", "https://", "discord://")):
        yield ((*path, "url"), "URL_TYPE_INVALID_SCHEME", "Scheme is not supported.")
    if len(url) > 512:
        yield _long((*path, "url"), 512)
    if not is_link and not each.get("custom_id"):
        sentence = "A custom id is required"
        yield (path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", sentence)


def _select(each: Mapping[str, Any], path: _Path) -> Iterator[Fault]:
    options = each.get("options") or []
    if each.get("type") == SELECT and not 1 <= len(options) <= 25:
        sentence = "Must be between 1 and 25 in length."
        yield ((*path, "options"), "BASE_TYPE_BAD_LENGTH", sentence)
    if len(each.get("placeholder") or "") > 150:
        yield _long((*path, "placeholder"), 150)
    values: set[str] = set()
    for number, option in enumerate(options):
        for key in ("label", "value", "description"):
            if len(option.get(key) or "") > 100:
                yield _long((*path, "options", number, key), 100)
        if option.get("value") in values:
            sentence = "The specified option value is already used"
            where = (*path, "options", number, "value")
            yield (where, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", sentence)
        values.add(option.get("value", ""))


def _long(path: _Path, limit: int) -> Fault:
    return (path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def numbered(components: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Components as Discord gives them back: each with an `id`, numbered in order."""
    used = 0

    def number(each: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal used
        used += 1
        body = dict(each)
        body["id"] = body.get("id") or used
        if "components" in body:
            body["components"] = [number(part) for part in body["components"]]
        for key in ("accessory", "component"):
            if key in body:
                body[key] = number(body[key])
        return body

    return [number(each) for each in components]


def check_modal(data: Mapping[str, Any]) -> None:
    """Raises RefusedError when Discord would not show this form."""
    if faults := list(_modal_faults(data)):
        raise invalid_form(faults)


def _modal_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    title, parts = data.get("title") or "", data.get("components") or []
    if not 1 <= len(title) <= 45:
        yield (("title",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length.")
    if not 1 <= len(data.get("custom_id") or "") <= 100:
        yield (("custom_id",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if not 1 <= len(parts) <= 5:
        yield (("components",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for number, part in enumerate(parts):
        yield from _part_faults(part, ("components", number))
    for field in walk([dict(each) for each in parts]):
        if field["type"] == INPUT:
            yield from _input_faults(field)
        if field["type"] in SELECTS:
            yield from _select(field, ("components",))


def _part_faults(part: Mapping[str, Any], path: _Path) -> Iterator[Fault]:
    if part.get("type") not in (ROW, LABEL, TEXT_DISPLAY):
        yield (path, "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1, 10, 18).')
    label = part.get("label")
    if part.get("type") == LABEL and not 1 <= len(label or "") <= 45:
        sentence = "Must be between 1 and 45 in length."
        yield ((*path, "label"), "BASE_TYPE_BAD_LENGTH", sentence)
    if len(part.get("description") or "") > 100:
        yield _long((*path, "description"), 100)


def _input_faults(field: Mapping[str, Any]) -> Iterator[Fault]:
    for key, limit in (("placeholder", 100), ("value", 4_000), ("label", 45)):
        if len(field.get(key) or "") > limit:
            yield _long(("components", key), limit)
    value, most = field.get("value") or "", field.get("max_length") or 4_000
    if len(value) > most:
        yield _long(("components", "value"), most)


def fields_of(modal: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The inputs and selects of a form, in order."""
    every = walk([dict(each) for each in modal["components"]])
    return [each for each in every if each["type"] == INPUT or each["type"] in SELECTS]


def refuse(path: _Path, name: str, sentence: str) -> RefusedError:
    """One fault of a body."""
    return invalid_form([(path, name, sentence)])
