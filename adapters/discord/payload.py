"""One message as it is stored: the body Discord gets, and what only its place can tell.

A payload is the JSON of `POST /channels/{id}/messages`' body with up to two keys of our own,
which the messenger takes off:

    thread_name   the thread under the digest's first message, where this message belongs
    post_name     what the digest is called where it has to be a post: in a forum
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.discord import limits

SUPPRESS_EMBEDS: Final = 1 << 2  # no preview cards for links in the content
SILENT: Final = 1 << 12  # no push or desktop notification
_OWN_KEYS: Final = ("thread_name", "post_name")


@dataclass(frozen=True, slots=True)
class Payload:
    """A stored payload, read."""

    body: Mapping[str, Any]
    thread_name: str = ""
    post_name: str = ""


def write_payload(
    *,
    content: str = "",
    embeds: Sequence[Mapping[str, Any]] = (),
    components: Sequence[Mapping[str, Any]] = (),
    flags: int = 0,
    role: str = "",
    **own: Any,
) -> str:
    """The JSON of a message that notifies nobody but the members of `role`, a role's ID.

    `own` are the keys that only we read.
    """
    mentions: dict[str, Any] = {"parse": []}
    if role:
        mentions["roles"] = [role]
    body = {
        "content": content,
        "embeds": embeds,
        "components": components,
        "flags": flags,
        **own,
    }
    said = {key: value for key, value in body.items() if value}
    return json.dumps({**said, "allowed_mentions": mentions}, ensure_ascii=False)


def plain_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same message as nothing but text, for when its form is refused: the links stay."""
    lines = [body.get("content", "")]
    for embed in body.get("embeds", ()):
        if "title" in embed:
            lines += [f"**{embed['title']}**", embed.get("url", "")]
        lines.append(embed.get("description", ""))
    text = "\n".join(filter(None, lines))
    content = next(limits.pack([text], limits.CONTENT), "A message that Discord did not take.")
    flags = body.get("flags", 0) | SUPPRESS_EMBEDS
    return {"content": content, "flags": flags, "allowed_mentions": body["allowed_mentions"]}


def read_payload(text: str) -> Payload:
    """A payload that `write_payload` wrote."""
    written = json.loads(text)
    return Payload(
        body={key: value for key, value in written.items() if key not in _OWN_KEYS},
        thread_name=written.get("thread_name", ""),
        post_name=written.get("post_name", ""),
    )
