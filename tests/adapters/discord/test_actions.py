"""What buttons carry, and what is read from one that was tampered with."""

import pytest

from adapters.discord.actions import Action, Press, custom_id, read_custom_id
from bot.domain.papers import ArxivId

LONGEST = "math-phys.long-subclas/9901001v999"


@pytest.mark.parametrize("verb", list(Action))
@pytest.mark.parametrize("paper", ["2601.13824v1", "0704.0001", "hep-th/9901001v3", LONGEST])
def test_a_button_is_read_as_it_was_written_and_stays_short(verb: str, paper: str) -> None:
    written = custom_id(verb, paper)

    assert read_custom_id(written) == Press(Action(verb), ArxivId.parse(paper))
    assert len(written) <= 100


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "pc:summarize:",
        "pc:delete:2601.13824v1",
        "pc:summarize:2601.13824v1:more",
        "pc:summarize:2601.13824v1\n",
        "x pc:summarize:2601.13824v1",
        "pc:like:../../etc",
    ],
)
def test_a_foreign_custom_id_is_no_button_of_ours(foreign: str) -> None:
    assert read_custom_id(foreign) is None


def test_nothing_is_written_that_could_not_be_read() -> None:
    with pytest.raises(ValueError, match="no button"):
        custom_id("like", "2601.13824v1:dislike")
