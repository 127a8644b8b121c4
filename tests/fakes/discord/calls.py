"""A request as the routes see it, and as tests look back at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Call:
    """One request to the HTTP API."""

    route: str  # "POST /channels/{channel_id}/messages"
    params: Mapping[str, str]
    query: Mapping[str, str]
    json: Any  # the body, of payload_json where there are files
    at: float  # loop time of its arrival
    has_body: bool = False
    status: int = 0  # how it was answered; 0 when the connection was cut
    files: list[str] = field(default_factory=list)  # names of fields: "files[0]"
    contents: dict[str, bytes] = field(default_factory=dict)  # of files, by their own names
    wait: float = 0.0  # of a 429

    def number(self, name: str) -> int:
        """A parameter of the path that is an ID."""
        return int(self.params[name])


Handler = Callable[[Call], Any]  # gives the JSON to answer, None for 204
Routes = Mapping[str, Handler]
