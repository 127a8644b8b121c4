"""Thumbs: what people said of papers, without who they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_VOTER_BYTES = 16  # of the hash: people are told apart, and nobody is found


class Vote(StrEnum):
    """Which way a thumb points."""

    UP = "up"
    DOWN = "down"
    IGNORED = "ignored"  # nobody's: the paper was shown and got none, while others got theirs


@dataclass(frozen=True, slots=True)
class GivenThumb:
    """One person's thumb on one paper, as one subscription remembers it."""

    subscription_id: int
    arxiv_id: str
    voter: str  # from `voter_of`
    vote: Vote
    at: datetime  # UTC


def voter_of(*, platform: str, workspace_id: str, user_id: str, salt: bytes) -> str:
    """A person as a keyed hash: the same for each of their thumbs, and no way back.

    `salt` (at most 64 bytes) is the installation's own and secret, so that nobody can try all
    user IDs elsewhere.
    """
    person = f"{platform}\0{workspace_id}\0{user_id}".encode()
    return hashlib.blake2b(person, key=salt, digest_size=_VOTER_BYTES).hexdigest()
