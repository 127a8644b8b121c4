"""Tokens nobody guesses, and that tell whose they claim to be."""

import pytest

from bot.domain.feed_links import feed_token, is_same_token, subscription_id_in

SECRET = b"\x07" * 32


def test_a_token_says_whose_it_is_and_fits_into_an_address() -> None:
    token = feed_token(SECRET, 12, serial=1)

    assert subscription_id_in(token) == 12
    assert len(token) == len("12-") + 32
    assert is_same_token(token, feed_token(SECRET, 12, serial=1))


def test_another_secret_subscription_or_number_makes_another_token() -> None:
    tokens = {
        feed_token(SECRET, 12, serial=1).partition("-")[2],
        feed_token(SECRET, 12, serial=2).partition("-")[2],
        feed_token(SECRET, 21, serial=1).partition("-")[2],
        feed_token(b"\x08" * 32, 12, serial=1).partition("-")[2],
    }

    assert len(tokens) == 4


@pytest.mark.parametrize(
    "token", ["", "12", "12-", "0-" + "a" * 32, "12-" + "a" * 31, "../etc", "१-" + "a" * 32]
)
def test_what_has_not_the_form_of_a_token_is_nobodys(token: str) -> None:
    assert subscription_id_in(token) is None
