"""What Slack refuses in messages and views, with its own codes.

The lengths are those of docs.slack.dev; two model libraries look over every block as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slackblocks import blocks as other_blocks
from slackblocks.errors import InvalidUsageError

from tests.fakes.slack.elements import element_faults, text_faults
from tests.fakes.slack.state import Json, Refusal, texts_of

BLOCKS_OF_A_MESSAGE = 50
BLOCKS_OF_A_VIEW = 100
TEXT = 40_000
UPDATED_TEXT = 4_000  # of chat.update
ALL_BLOCKS = 13_200  # characters of text over all blocks of a message, about
MARKDOWN = 12_000  # over all markdown blocks of a message
METADATA_BYTES = 8_000
VIEW_BYTES = 250_000
_EVENT_TYPE = re.compile(r"[A-Za-z0-9_-]{1,255}")
FOR_MESSAGES = frozenset(
    {"section", "header", "divider", "context", "actions", "image", "markdown", "rich_text"}
    | {"table", "video", "input", "file"}
)
FOR_VIEWS = FOR_MESSAGES - {"markdown", "table", "file"}


def check_message(arguments: Json, *, longest_text: int = TEXT) -> None:
    """Refuse a message that Slack would not take, or that has blocks and no fallback."""
    text, blocks = arguments.get("text", ""), arguments.get("blocks") or []
    if not isinstance(text, str):
        raise Refusal("invalid_arguments", "[ERROR] text: must be a string")
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if not text.strip() and not arguments.get("attachments"):
        # Slack only warns where there are blocks; readers of notifications see nothing then.
        raise Refusal("no_text", "[ERROR] no text beside the blocks" if blocks else "")
    if len(text) > longest_text:
        raise Refusal("msg_too_long", f"[ERROR] text has {len(text)} characters")
    check_blocks(blocks, at_most=BLOCKS_OF_A_MESSAGE, allowed=FOR_MESSAGES)
    length = sum(map(len, texts_of(blocks)))
    if length > ALL_BLOCKS:
        raise Refusal("msg_blocks_too_long", f"[ERROR] the blocks have {length} characters")
    check_metadata(arguments.get("metadata"))


def check_view(view: Any) -> None:
    """Refuse a modal or Home tab that Slack would not show."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise Refusal("invalid_arguments", "[ERROR] failed to match all allowed schemas: view")
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise Refusal("view_too_large")
    if faults := list(_view_faults(view)):
        raise Refusal("invalid_arguments", *faults)
    check_blocks(
        view.get("blocks"),
        at_most=BLOCKS_OF_A_VIEW,
        allowed=FOR_VIEWS,
        code="invalid_arguments",
        at_least=0 if view["type"] == "home" else 1,
    )


def _view_faults(view: Json) -> Iterator[str]:
    for name, longest in (("private_metadata", 3_000), ("callback_id", 255)):
        if len(view.get(name, "")) > longest:
            yield f"[ERROR] must be less than {longest + 1} characters: {name}"
    if view["type"] == "home":
        for name in ("title", "submit", "close"):
            if view.get(name):
                yield f"[ERROR] a Home tab has no {name}"
        return
    for name in ("title", "submit", "close"):
        if name == "title" or view.get(name) is not None:
            yield from text_faults(view.get(name), name, longest=24, plain=True)
    has_input = any(
        isinstance(b, dict) and b.get("type") == "input" for b in view.get("blocks") or []
    )
    if has_input and not view.get("submit"):
        yield "[ERROR] missing required field: submit"


def check_metadata(metadata: Any) -> None:
    """Refuse metadata that Slack would drop or reject."""
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise Refusal("invalid_metadata_format")
    payload = metadata.get("event_payload")
    if not isinstance(payload, dict):
        raise Refusal("invalid_metadata_format")
    if not _EVENT_TYPE.fullmatch(metadata["event_type"]):
        # Slack only warns and drops it, and then nobody finds the message again.
        raise Refusal("invalid_metadata_schema", "[ERROR] event_type: letters, numbers, _ and -")
    if not all(map(_is_flat, payload.values())):
        raise Refusal("invalid_metadata_schema", "[ERROR] event_payload: nested too deeply")
    if len(json.dumps(payload).encode()) > METADATA_BYTES:
        raise Refusal("metadata_too_large")


def _is_flat(value: Any) -> bool:
    """A plain value, or one list or object of plain values."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return all(isinstance(each, str | int | float | bool) for each in value)
    return isinstance(value, str | int | float | bool)


def check_blocks(
    blocks: Any,
    *,
    at_most: int,
    allowed: frozenset[str],
    code: str = "invalid_blocks",
    at_least: int = 0,
) -> None:
    """Refuse blocks with every fault named, as `[ERROR] what [json-pointer:/blocks/0]`."""
    if not isinstance(blocks, list) or not all(isinstance(each, dict) for each in blocks):
        raise Refusal("invalid_blocks_format" if code == "invalid_blocks" else code)
    faults = []
    if not at_least <= len(blocks) <= at_most:
        faults.append(f"[ERROR] between {at_least} and {at_most} items [json-pointer:/blocks]")
    faults += _doubles([block["block_id"] for block in blocks if "block_id" in block])
    for number, block in enumerate(blocks):
        where = f"[json-pointer:/blocks/{number}]"
        if block.get("type") not in allowed:
            faults.append(f"[ERROR] unsupported type: {block.get('type')} {where}")
            continue
        own = list(_block_faults(block))
        faults += [f"[ERROR] {fault} {where}" for fault in own or _others_say(block)]
    markdown = sum(len(str(b.get("text"))) for b in blocks if b.get("type") == "markdown")
    if markdown > MARKDOWN:
        faults.append(f"[ERROR] {markdown} characters of markdown, at most {MARKDOWN}")
    if faults:
        raise Refusal(code, *faults)


def _doubles(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"[ERROR] `block_id` {name} already exists" for name in twice]


def _block_faults(block: Json) -> Iterator[str]:
    if len(block.get("block_id", "")) > 255:
        yield "block_id: more than 255 characters"
    match block["type"]:
        case "section":
            yield from _section_faults(block)
        case "header":
            yield from text_faults(block.get("text"), "text", longest=150, plain=True)
        case "context":
            yield from _context_faults(block)
        case "actions":
            yield from _actions_faults(block)
        case "input":
            yield from _input_faults(block)
        case "image":
            yield from _image_faults(block)
        case "markdown" if not isinstance(block.get("text"), str) or not block["text"]:
            yield "text: must be a string of one character or more"


def _section_faults(block: Json) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield "missing required field: text or fields"
    if "text" in block:
        yield from text_faults(block["text"], "text", longest=3_000)
    fields = block.get("fields", [])
    if len(fields) > 10:
        yield "fields: no more than 10 items allowed"
    for each in fields:
        yield from text_faults(each, "fields", longest=2_000)
    if "accessory" in block:
        yield from _element_faults([block["accessory"]])


def _count_faults(block: Json, least: int, most: int) -> Iterator[str]:
    if not least <= len(block.get("elements", [])) <= most:
        yield f"elements: between {least} and {most} items"


def _context_faults(block: Json) -> Iterator[str]:
    yield from _count_faults(block, 1, 10)
    for element in block.get("elements", []):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image_faults(element)
        else:
            yield from text_faults(element, "elements", longest=2_000)


def _actions_faults(block: Json) -> Iterator[str]:
    yield from _count_faults(block, 1, 25)
    yield from _element_faults(block.get("elements", []))


def _input_faults(block: Json) -> Iterator[str]:
    yield from text_faults(block.get("label"), "label", longest=2_000, plain=True)
    if block.get("hint") is not None:
        yield from text_faults(block["hint"], "hint", longest=2_000, plain=True)
    yield from _element_faults([block.get("element")])


def _image_faults(block: Json) -> Iterator[str]:
    if not str(block.get("image_url", "")).startswith("http"):
        yield "image_url: must be an address"
    if not 0 < len(block.get("alt_text", "")) <= 2_000:
        yield "alt_text: between 1 and 2000 characters"


def _element_faults(elements: list[Any]) -> Iterator[str]:
    names = [each.get("action_id") for each in elements if isinstance(each, dict)]
    for each in elements:
        yield from element_faults(each)
    for name in {name for name in names if name is not None and names.count(name) > 1}:
        yield f"`action_id` {name} already exists"


def _others_say(block: Json) -> list[str]:
    """What slack_sdk's models and slackblocks find wrong with a block we find right."""
    found = []
    try:
        model = Block.parse(block)
        if model is None:
            found.append("slack_sdk does not know this block")
        else:
            model.to_dict()
    except (SlackObjectFormationError, TypeError, ValueError) as error:
        found.append(f"slack_sdk: {error}")
    try:
        other_blocks.Block.from_dict(block)
    except NotImplementedError:
        pass  # it cannot read blocks with elements in them
    except (InvalidUsageError, TypeError, KeyError, ValueError) as error:
        found.append(f"slackblocks: {error}")
    return found
