"""Whether a name somebody follows is one of a paper's authors."""

from __future__ import annotations

import re

from bot.domain.folding import without_accents

_NAME_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def name_parts(name: str) -> tuple[str, ...]:
    """The parts of a name, family name last, without case, accents, dots or hyphens.

    "Dao, Tri" and "Tri Dao" are the same; jr. and the like are no part of a name.
    """
    family, comma, given = name.partition(",")
    in_order = f"{given} {family}" if comma and given.strip() else name
    parts = _NAME_PART.findall(without_accents(in_order.lower()).replace("ß", "ss"))
    return tuple(part for part in parts if part not in ("jr", "sr", "ii", "iii")) or tuple(parts)


def is_same_author(followed: tuple[str, ...], author: tuple[str, ...]) -> bool:
    """Whether `author` (name parts) may be who is `followed` (name parts).

    A family name alone matches everybody of that name. First names must agree, or one be the
    other's initial: "Tri Dao" is "T. Dao" and "Tri M. Dao" but not "Thanh Dao". So namesakes are
    told apart by typing the full name.
    """
    if not followed or not author:
        return False
    if author[-len(followed) :] == followed:  # also a family name of several words
        return True
    wanted, given = followed[:-1], author[:-1]
    if followed[-1] != author[-1]:
        return False
    if not wanted or not given or not _agree(wanted[0], given[0]):
        return False
    # Middle names are often left out; where both have some, those typed must be among them.
    middle = given[1:]
    return not middle or all(any(_agree(name, other) for other in middle) for name in wanted[1:])


def _agree(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])
