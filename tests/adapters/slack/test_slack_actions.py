"""What buttons on Slack carry."""

from adapters.slack.actions import PAPER_ACTIONS, read_value
from bot.domain.papers import ArxivId


def test_a_button_brings_back_its_paper_and_the_version_it_stood_under() -> None:
    assert read_value("2601.13824v1") == ArxivId("2601.13824", 1)
    assert read_value("hep-th/9901001v2") == ArxivId("hep-th/9901001", 2)


def test_a_value_that_no_button_of_ours_carries_is_nobodys_paper() -> None:
    assert read_value("") is None
    assert read_value("papers: all") is None


def test_no_two_buttons_are_called_the_same() -> None:
    assert len(set(PAPER_ACTIONS)) == len(PAPER_ACTIONS)
