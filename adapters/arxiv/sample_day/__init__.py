"""Two invented announcement days, shipped for the demonstration; see the README beside."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def sample_feed_paths() -> tuple[Path, ...]:
    """The sample feeds in order of their days: one full of papers, one of pure mathematics."""
    folder = Path(str(files(__name__)))
    return (folder / "sample-1.xml", folder / "sample-2.xml")
