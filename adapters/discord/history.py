"""Whether a message of ours stands in a channel already.

Discord hands a nonce back with a new message, but in its history only for a while; so where
there is none, what the message shows is compared, as far as Discord gives it back unchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.discord import limits
from adapters.discord.payload import plain_body
from bot.domain.text import collapse

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EPOCH_MILLISECONDS: Final = 1_420_070_400_000  # snowflakes count from 2015
_TIME_SHIFT: Final = 22
CLOCKS_APART: Final = timedelta(minutes=5)  # ours and Discord's, at the most


def nonce_of(key: str) -> str:
    """The nonce of a message: the same for each try, at most 25 letters and digits."""
    number = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=16).digest())
    letters = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        letters += _DIGITS[digit]
    return letters[: limits.NONCE]


def snowflake_at(moment: datetime) -> int:
    """The least ID of anything made at `moment` or later."""
    return (int(moment.timestamp() * 1000) - _EPOCH_MILLISECONDS) << _TIME_SHIFT


def is_same(found: Mapping[str, Any], body: Mapping[str, Any], *, nonce: str) -> bool:
    """Whether `found`, of a channel's history, is the message whose body is `body`."""
    if found.get("nonce") is not None:
        return str(found["nonce"]) == nonce
    shown = _shown(found)
    return shown in (_shown(body), _shown(plain_body(body)))


def _shown(message: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a message Discord gives back as it got it."""
    texts = [message.get("content") or ""]
    for embed in message.get("embeds") or ():
        texts += (embed.get("title") or "", embed.get("url") or "")
        texts.append(embed.get("description") or "")
        texts.append((embed.get("footer") or {}).get("text") or "")
    texts += _custom_ids(message)
    return tuple(map(collapse, texts))


def _custom_ids(message: Mapping[str, Any]) -> Iterator[str]:
    for row in message.get("components") or ():
        for component in row.get("components") or ():
            yield component.get("custom_id") or ""
