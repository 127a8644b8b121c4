"""How Discord says no: an HTTP status, a code of its own, and where a body is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What the codes say, in Discord's words.
_SENTENCES = {
    0: "404: Not Found",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10013: "Unknown User",
    10014: "Unknown Emoji",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    10063: "Unknown application command",
    20009: "Explicit content cannot be sent to the desired recipient(s)",
    40005: "Request entity too large",
    40060: "Interaction has already been acknowledged.",
    40067: "A tag is required to create a forum post in this channel",
    50001: "Missing Access",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50008: "Cannot send messages in a non-text channel",
    50013: "Missing Permissions",
    50024: "Cannot execute action on this channel type",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
    50083: "Thread is archived",
    160004: "A thread has already been created for this message",
    160005: "Thread is locked",
    220001: "Webhooks posted to forum channels must have a thread_name or thread_id",
    220003: "Webhooks can only create threads in forum channels",
}
_STATUSES = {
    10003: 404,
    10004: 404,
    10007: 404,
    10008: 404,
    10013: 404,
    10014: 404,
    10015: 404,
    10062: 404,
    10063: 404,
    40005: 413,
    50001: 403,
    50005: 403,
    50007: 403,
    50013: 403,
    50027: 401,
    50083: 403,
    160005: 403,
}


def sentence_of(code: int) -> str:
    """What Discord writes beside a code."""
    return _SENTENCES.get(code, "Something is wrong")


def status_of(code: int) -> int:
    """The HTTP status that comes with a code."""
    return _STATUSES.get(code, 400)


@dataclass(slots=True)
class RefusedError(Exception):
    """Raised by whatever answers a request; becomes Discord's body of an error."""

    code: int
    status: int = 0
    message: str = ""
    errors: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code} {self.message or sentence_of(self.code)}"

    @property
    def http_status(self) -> int:
        """The status to answer with."""
        return self.status or status_of(self.code)

    def body(self) -> dict[str, Any]:
        """The body to answer with."""
        body: dict[str, Any] = {
            "message": self.message or sentence_of(self.code),
            "code": self.code,
        }
        if self.errors:
            body["errors"] = self.errors
        return body


Fault = tuple[
    tuple[str | int, ...], str, str
]  # where in the body, Discord's name of it, a sentence


def invalid_form(faults: list[Fault]) -> RefusedError:
    """Error 50035 with its faults nested as the body is."""
    tree: dict[str, Any] = {}
    for path, name, sentence in faults:
        place = tree
        for step in path:
            place = place.setdefault(str(step), {})
        place.setdefault("_errors", []).append({"code": name, "message": sentence})
    return RefusedError(50035, errors=tree)
