"""Whether the database can be used, which version it has, and whether its disk has room."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.database.address import DatabaseAddress, parse_address
from adapters.database.migrating import Standing, standing
from bot.domain.checkup import Finding, fault, note, well

_TOPIC = "database"
_DISK = "disk"
_FOLDER = "folder"
_LEAST_WRITTEN = 65_536  # bytes: a full disk may still take an empty file
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
        found = [_database_finding(address, standing(self._url))]
        if not address.is_sqlite:
            return [*found, _disk_finding(self._home), *_folder_findings(self._home)]
        folder = address.path.parent
        found += [*_file_findings(address.path), _disk_finding(folder)]
        for place in dict.fromkeys((folder, self._home)):
            found += _folder_findings(place)
        return found


def _folder_findings(folder: Path) -> Iterator[Finding]:
    """A fault where nothing can be put into a folder: wrong rights, a full or read-only disk.

    Tried with a file without a name, which leaves no trace: rights alone do not tell.
    """
    place = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(bytes(_LEAST_WRITTEN))
    except OSError as error:
        mend = (
            "make room there"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "give it to the user that runs Papercourier, or name another folder in "
            "PAPERCOURIER_HOME"
        )
        yield fault(_FOLDER, f"{place} cannot be written ({error.strerror}): {mend}.")


def _file_findings(file: Path) -> Iterator[Finding]:
    if file.exists() and not os.access(file, os.W_OK):
        yield fault(
            _TOPIC,
            f"{file} cannot be written by this user: give it to the user that runs Papercourier.",
        )


def _nearest(place: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    while not place.is_dir():
        place = place.parent
    return place


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
    place = _nearest(place)
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:.1f} GB free at {place}"
    if free < _LEAST_BYTES:
        return fault(_DISK, f"only {said}: make room, or nothing new can be remembered.")
    if free < _SCARCE_BYTES:
        return note(_DISK, f"only {said}: make room before long.")
    return well(_DISK, f"{said}.")
