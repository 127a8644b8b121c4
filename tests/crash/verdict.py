"""What the database and the chat server say, held against each other."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.crash.scene import CHANNELS, paper_of
from tests.crash.stage import Stage


@dataclass(frozen=True, slots=True)
class Standing:
    """What a killed process left in its database."""

    digests: int
    states: Counter[str]  # messages by state
    doubtful: frozenset[str]  # keys of messages that may be there or not
    keys: frozenset[str]


def standing(path: Path) -> Standing:
    """Read what is there; a reader leaves the database's log as the next process will find it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT key, state, may_be_sent FROM outbox").fetchall()
        ((digests,),) = database.execute("SELECT count(*) FROM digests").fetchall()
    return Standing(
        digests=digests,
        states=Counter(state for _, state, _ in rows),
        doubtful=frozenset(
            key
            for key, state, may_be_sent in rows
            if state == "sending" or (state == "pending" and may_be_sent)
        ),
        keys=frozenset(key for key, _, _ in rows),
    )


def faults(left: Standing, server: Stage, days: Sequence[date], cut: Counter[str]) -> Iterator[str]:
    """One sentence for each promise broken; `cut` counts a message's calls without an outcome."""
    there = server.keys()
    if unsent := {state: n for state, n in left.states.items() if state != "sent"}:
        yield f"not every message is recorded as sent: {unsent}"
    if lost := left.keys - set(there):
        yield f"lost: {len(lost)} messages, such as {min(lost)}"
    if unknown := set(there) - left.keys:
        yield f"never planned: {len(unknown)} messages, such as {min(unknown)}"
    for key, times in sorted(there.items()):
        allowed = 1 if server.can_look_up else 1 + cut[key]
        if times > allowed:
            yield f"{key} is there {times} times, {allowed} expected at most"
    papers = {paper_of(day) for day in days}
    for channel in range(CHANNELS):
        there_now = server.of_channel(f"C{channel}")
        keys = {each.paper: set[str]() for each in there_now}
        for each in there_now:
            keys[each.paper].add(each.key)
        if missing := papers - keys.keys():
            yield f"C{channel} never got {sorted(missing)}"
        if twice := sorted(paper for paper in papers & keys.keys() if len(keys[paper]) > 1):
            yield f"C{channel} had {twice} in two digests"
