"""Whether this process lives and works: /healthz and /readyz."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.errors import PapercourierError

CHECK_SECONDS = 5.0  # a check that takes longer has failed

Check = Callable[[], Awaitable[None]]  # returns, or raises with the reason


@dataclass(frozen=True, slots=True)
class Finding:
    """What the checks found: by name, "ok" or one sentence."""

    checks: dict[str, str] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether nothing was found wrong."""
        return all(said == "ok" for said in self.checks.values())


async def examine(checks: Mapping[str, Check], *, within: float = CHECK_SECONDS) -> Finding:
    """Every check at once, for `within` seconds; none may hold up the answer."""
    said = await asyncio.gather(*(_said(check, within) for check in checks.values()))
    return Finding(dict(zip(checks, said, strict=True)))


async def _said(check: Check, within: float) -> str:
    try:
        async with asyncio.timeout(within):
            await check()
    except TimeoutError:
        return f"no answer within {within:g} s"
    except PapercourierError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a check that breaks has failed, whatever broke it
        return f"the check itself failed ({type(error).__name__})"
    return "ok"
