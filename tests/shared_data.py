"""Where the recorded real data stands, and how a test says that it needs it."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
ARXIV_DATA = SHARED / "data" / "arxiv"

needs_shared = pytest.mark.skipif(
    not ARXIV_DATA.is_dir(),
    reason="recorded arXiv data is not here: ../shared/data/arxiv is missing",
)
