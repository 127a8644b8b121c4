"""The installation's secrets for Slack: they encrypt tokens and sign what forms carry."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import UserError

KEY_FILE: Final = "slack.key"
_SIGNING: Final = b"forms"  # so that no other use of the key has the same signatures
_MAKE: Final = (
    'make one with `python -c "from cryptography.fernet import Fernet; '
    'print(Fernet.generate_key().decode())"`.'
)


@dataclass(frozen=True, slots=True)
class Keys:
    """Fernet keys, the newest first: it encrypts, all of them decrypt."""

    fernets: tuple[Fernet, ...] = field(repr=False)
    signing: tuple[bytes, ...] = field(repr=False)  # one of each key, in the same order

    def encrypt(self, text: str) -> str:
        """`text` as nobody without the key can read it."""
        return self.fernets[0].encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """What `encrypt` was given. Raises UserError when none of the keys fits."""
        try:
            return MultiFernet(self.fernets).decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise UserError(
                "A stored Slack token cannot be decrypted: put the key it was encrypted with "
                "behind the new one in SLACK_ENCRYPTION_KEY, or install the app anew."
            ) from error

    def is_newest(self, token: str) -> bool:
        """Whether `token` was encrypted with the first key."""
        try:
            self.fernets[0].decrypt(token.encode())
        except InvalidToken:
            return False
        return True


def open_keys(setting: str | None, *, home: Path) -> Keys:
    """The keys that `setting` lists; without it those of a file in `home`, made once.

    Blocking. Raises UserError.
    """
    if setting is not None:
        return _keys(setting.replace(",", " ").split(), source="SLACK_ENCRYPTION_KEY")
    path = home / KEY_FILE
    try:
        return _keys(_read_or_make(path).split(), source=str(path))
    except OSError as error:
        raise UserError(
            f"The key for Slack's tokens in {path} cannot be read or made "
            f"({(error.strerror or str(error)).lower()}): correct the file's rights, or set "
            "SLACK_ENCRYPTION_KEY."
        ) from error


def _read_or_make(path: Path) -> str:
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(Fernet.generate_key().decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # whole or not at all, and never over another process's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii")


def _keys(texts: Sequence[str], *, source: str) -> Keys:
    if not texts:
        raise UserError(f"{source} holds no key: {_MAKE}")
    try:
        fernets = tuple(Fernet(text) for text in texts)
    except (ValueError, TypeError) as error:
        raise UserError(f"{source} holds something that is no Fernet key: {_MAKE}") from error
    signing = tuple(
        hashlib.blake2b(text.encode(), person=_SIGNING, digest_size=32).digest() for text in texts
    )
    return Keys(fernets, signing)
