"""Regular expressions that people type, run by RE2: time linear in the text, memory bounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import re2
from numpy.typing import NDArray

from bot.errors import UserError

_ANCHORS = ("^", "$", "\\A", "\\z")  # where a text begins and ends matters to these
_MEMORY_BYTES = 1 << 20  # RE2 refuses a pattern that needs more
_SAMPLES = ("", "kv cache", "A-1.")  # what must not be matched by nothing at all
_SINGLE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")  # RE2's \C cuts letters into bytes


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Any:
    """`pattern` ready for use, upper and lower case alike. It never crosses a line's end.

    Raises UserError when RE2 cannot read it or when it matches the empty string.
    """
    shown = pattern if len(pattern) <= 40 else pattern[:39] + "…"  # noqa: PLR2004 - one short line
    if _SINGLE_BYTE.search(pattern):
        raise UserError(f"/{shown}/ has \\C, which cuts letters apart: write . for any character.")
    options = re2.Options()
    options.case_sensitive = False
    options.never_nl = True
    options.max_mem = _MEMORY_BYTES
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise UserError(
            f"/{shown}/ is not a regular expression that RE2 can run ({_said(error)}): "
            "mend it, or write plain words."
        ) from error
    if any(not match[0] for text in _SAMPLES for match in compiled.finditer(text)):
        raise UserError(
            f"/{shown}/ matches the empty string and so every paper: make a part of it required."
        )
    return compiled


def count_hits(pattern: Any, text: str) -> int:
    """How often a compiled `pattern` stands in `text`; empty matches do not count."""
    return sum(1 for match in pattern.finditer(text) if match[0])


class Fields:
    """Many texts in one, so that a pattern runs over all of them in one go."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        encoded = [text.encode() for text in texts]
        self._joined = b"\n".join(encoded)
        self._starts = np.cumsum([0] + [len(text) + 1 for text in encoded])

    def count_hits(self, pattern: str) -> NDArray[np.int64]:
        """How often `pattern` stands in each text."""
        compiled = compile_pattern(pattern)
        if any(anchor in pattern for anchor in _ANCHORS):
            return np.array([count_hits(compiled, text) for text in self._texts], dtype=np.int64)
        # No match crosses a line's end, and the texts are lines here: ten times as quick.
        at = [match.start() for match in compiled.finditer(self._joined) if match[0]]
        fields = np.searchsorted(self._starts, np.array(at, dtype=np.int64), side="right") - 1
        return np.bincount(fields, minlength=len(self._texts))


def _said(error: Exception) -> str:
    message = error.args[0] if error.args else ""
    return message.decode(errors="replace") if isinstance(message, bytes) else str(message)
