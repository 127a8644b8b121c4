"""Rendered Discord messages held against everything Discord says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.discord.contract import contract
from tests.fakes.discord.limits import check_message

_OWN_KEYS = ("thread_name", "post_name")


def bodies(payloads: tuple[str, ...]) -> list[dict[str, Any]]:
    """The bodies that Discord gets."""
    return [
        {key: value for key, value in json.loads(each).items() if key not in _OWN_KEYS}
        for each in payloads
    ]


def check_body(body: Mapping[str, Any]) -> None:
    """Fail where Discord would refuse a message, or its own description of messages does."""
    check_message(body)
    for number in texts_over_limit(body):
        raise AssertionError(number)
    if (file := contract()) is not None:
        path = "/channels/1/messages"
        assert [*file.violations("POST", path, query={}, body=body, has_body=True)] == []


def texts_over_limit(body: Mapping[str, Any]) -> Iterator[str]:
    """What is too long when characters beyond Unicode's first plane count twice."""
    embeds = body.get("embeds", [])
    if _units(body.get("content", "")) > 2_000:
        yield "content"
    if sum(_units(text) for embed in embeds for text, _ in _texts(embed)) > 6_000:
        yield "embeds together"
    for embed in embeds:
        for text, most in _texts(embed):
            if _units(text) > most:
                yield text[:60]


def embed_texts(body: Mapping[str, Any]) -> list[str]:
    """Every text of a message that is read as Markdown."""
    embeds = body.get("embeds", [])
    found = [body.get("content", "")]
    for embed in embeds:
        found += [embed.get("title", ""), embed.get("description", "")]
    return found


def _texts(embed: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [
        (embed.get("title", ""), 256),
        (embed.get("description", ""), 4_096),
        (embed.get("footer", {}).get("text", ""), 2_048),
    ]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
