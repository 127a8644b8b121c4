"""Whoever can say how a part of the installation stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.checkup import Finding


class Examination(Protocol):
    """Looks at one outside thing."""

    async def __call__(self) -> Sequence[Finding]:
        """What was found. May raise UserError, TransientError, PermanentError instead."""
        ...
