"""The secret addresses of subscriptions' feeds: whoever knows one may read that feed.

A link is worked out from the installation's secret, the subscription and a number that grows each
time its link is ended, so that the same link can be shown again and an ended one never comes back.
The secret stands in the database beside the digests the links open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

SECRET_BYTES = 32
_MAC_BYTES = 24  # 192 bits: nobody guesses it
_TOKEN = re.compile(r"(?P<id>[1-9]\d{0,17})-[A-Za-z0-9_-]{32}", re.ASCII)


def feed_token(secret: bytes, subscription_id: int, *, serial: int) -> str:
    """The unguessable part of a feed's address: "12-" and 32 letters, digits, "-" and "_"."""
    told = f"papercourier/feed/{subscription_id}/{serial}".encode()
    mac = hmac.new(secret, told, hashlib.sha256).digest()[:_MAC_BYTES]
    return f"{subscription_id}-{base64.urlsafe_b64encode(mac).decode()}"


def subscription_id_in(token: str) -> int | None:
    """Whose feed a token claims to open; None when it has not the form of one."""
    match = _TOKEN.fullmatch(token)
    return int(match["id"]) if match else None


def is_same_token(one: str, other: str) -> bool:
    """Whether two tokens are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.encode(), other.encode())
