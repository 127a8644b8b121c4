"""What Slack would make of a text of mrkdwn: links, mentions, markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_TOKEN = re.compile(r"<([^<>]*)>")
_ARXIV = re.compile(r"https://(?:[a-z]+\.)?arxiv\.org(?:/[^|\s]*)?(?:\|[^|]*.*)?")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")


def bodies(payloads: Sequence[str]) -> list[dict[str, Any]]:
    """The messages as chat.postMessage would get them."""
    return [json.loads(each) for each in payloads]


def texts(part: Any) -> Iterator[str]:
    """Every text of mrkdwn in blocks."""
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for each in part:
            yield from texts(each)


def living(text: str) -> list[str]:
    """What of a text acts that should not: all but links to arXiv."""
    found = [token for token in _TOKEN.findall(text) if not _ARXIV.fullmatch(token)]
    rest = _TOKEN.sub("", text)
    found += re.findall(r"<|(?<!^)(?<!\n)>", rest)
    found += _ENTITY.findall(text)
    found += re.findall(r"(?<!\w)[a-z]{3,10}://\w+", rest)
    return found


def read(body: dict[str, Any]) -> str:
    """A message as somebody reads it: links as their labels, entities undone."""
    shown = "\n".join(texts(body["blocks"]))
    shown = _TOKEN.sub(lambda token: token[1].partition("|")[2] or token[1], shown)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
