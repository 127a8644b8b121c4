"""Whether the database can be used, which version it has, and whether its disk has room."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from adapters.database.address import DatabaseAddress, parse_address
from adapters.database.migrating import Standing, standing
from bot.domain.checkup import Finding, fault, note, well

_TOPIC = "database"
_DISK = "disk"
_LEAST_BYTES = 200_000_000  # under that a backup or a month of papers may not fit
_SCARCE_BYTES = 1_000_000_000


class DatabaseCheckup:
    """An `Examination` that changes nothing: it does not even upgrade."""

    def __init__(self, url: str, *, home: Path) -> None:
        self._url = url
        self._home = home

    async def __call__(self) -> Sequence[Finding]:
        """Raises UserError, TransientError and PermanentError as opening a database does."""
        return [*await asyncio.to_thread(self._look)]

    def _look(self) -> Sequence[Finding]:
        address = parse_address(self._url)
        place = address.path.parent if address.is_sqlite else self._home
        return [_database_finding(address, standing(self._url)), _disk_finding(place)]


def _database_finding(address: DatabaseAddress, found: Standing) -> Finding:
    match found:
        case Standing.MISSING:
            return note(_TOPIC, f"{address} is not there yet: the first start makes it.")
        case Standing.OLDER:
            return note(
                _TOPIC,
                f"{address} was written by an older Papercourier: the next start upgrades it, so "
                "make a backup first (`papercourier backup FILE`).",
            )
        case Standing.PRESENT:
            return well(_TOPIC, f"{address} can be read and has this version's tables.")


def _disk_finding(place: Path) -> Finding:
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:.1f} GB free at {place}"
    if free < _LEAST_BYTES:
        return fault(_DISK, f"only {said}: make room, or nothing new can be remembered.")
    if free < _SCARCE_BYTES:
        return note(_DISK, f"only {said}: make room before long.")
    return well(_DISK, f"{said}.")
