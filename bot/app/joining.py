"""What is left to do by hand before the bot can be in a channel."""

from __future__ import annotations

from collections.abc import Mapping

_ALWAYS = """\
Next:
  papercourier doctor    looks whether everything is reached
  papercourier run       starts the service"""


def next_steps(variables: Mapping[str, str]) -> str:
    """The steps after `papercourier setup`, given the secrets it was told."""
    del variables
    return _ALWAYS
