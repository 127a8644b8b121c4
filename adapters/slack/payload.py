"""What stands in the outbox for Slack: the arguments of chat.postMessage, but for the place.

Beside text and blocks the message's metadata names its papers, by which a reaction finds what it
is about; the messenger adds the message's key to it, by which a lost message is found again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from adapters.slack import limits
from adapters.slack.limits import Block

EVENT_TYPE: Final = "papercourier_message"
IN_CHANNEL: Final = "in_channel"  # in the metadata of what goes into no thread


def write_payload(
    text: str, blocks: Sequence[Block], *, papers: Sequence[str] = (), in_channel: bool = False
) -> str:
    """The arguments as JSON; `text` is what notifications and readers without blocks get."""
    event: dict[str, Any] = {"papers": list(papers[: limits.METADATA_PAPERS])}
    if in_channel:
        event[IN_CHANNEL] = True
    message = {
        "text": text,
        "blocks": list(blocks),
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": event},
    }
    return json.dumps(message, ensure_ascii=False)


def fallback(lines: Iterable[str]) -> str:
    """As many of the lines as a fallback text holds."""
    text = next(limits.pack([line for line in lines if line], limits.FALLBACK), "")
    return text or "Papercourier"


def header(text: str) -> Block:
    """A headline; `text` is plain."""
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def section(text: str, *, accessory: Block | None = None) -> Block:
    """A paragraph or more of mrkdwn."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    if accessory is not None:
        block["accessory"] = accessory
    return block


def verbatim(text: str) -> Block:
    """Text in letters of one width, nothing in it read as markup."""
    inside = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [inside]}


def context(text: str) -> Block:
    """Small print in mrkdwn."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def actions(*elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def button(label: str, *, action_id: str, value: str, meaning: str = "") -> Block:
    """A button; `meaning` is what a screen reader says where the label is a picture."""
    block: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": label, "emoji": True},
        "action_id": action_id,
        "value": value,
    }
    if meaning:
        block["accessibility_label"] = meaning
    return block


def mrkdwn(text: str) -> Block:
    """A text of mrkdwn in which Slack looks for no addresses or names by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
