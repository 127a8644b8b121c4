"""How a message of ours is recognised."""

from datetime import UTC, datetime

import pytest

from adapters.discord.history import is_same, nonce_of, snowflake_at
from adapters.discord.payload import plain_body

BODY = {
    "content": "**arXiv**",
    "embeds": [{"title": "1. A", "url": "https://arxiv.org/abs/2601.00001", "description": "x  y"}],
    "components": [{"type": 1, "components": [{"custom_id": "pc:like:2601.00001v1"}]}],
    "allowed_mentions": {"parse": []},
}
GIVEN_BACK = {
    "id": "1",
    "content": "**arXiv**",
    "embeds": [
        {
            "type": "rich",
            "title": "1. A",
            "url": "https://arxiv.org/abs/2601.00001",
            "description": "x y",
            "content_scan_version": 3,
        }
    ],
    "components": [
        {"type": 1, "id": 1, "components": [{"id": 2, "custom_id": "pc:like:2601.00001v1"}]}
    ],
}


def test_a_nonce_is_short_and_every_keys_own() -> None:
    keys = [f"digest/{number}/2026-01-21T09:00/0" for number in range(2_000)]

    nonces = {nonce_of(key) for key in keys}

    assert len(nonces) == len(keys)
    assert max(map(len, nonces)) <= 25
    assert nonce_of(keys[0]) == nonce_of(keys[0])


def test_a_message_is_known_by_what_discord_gives_back_of_it() -> None:
    assert is_same(GIVEN_BACK, BODY, nonce="n")
    assert is_same(plain_body(BODY), BODY, nonce="n")


@pytest.mark.parametrize(
    "other",
    [
        {"content": "**arXiv** other"},
        {"embeds": []},
        {"embeds": [{"title": "2. B"}]},
        {"components": []},
    ],
)
def test_another_message_is_not_taken_for_it(other: dict[str, object]) -> None:
    assert not is_same({**GIVEN_BACK, **other}, BODY, nonce="n")


def test_a_nonce_decides_where_there_is_one() -> None:
    assert is_same({**GIVEN_BACK, "content": "edited", "nonce": "n"}, BODY, nonce="n")
    assert not is_same({**GIVEN_BACK, "nonce": "other"}, BODY, nonce="n")


def test_a_moment_is_the_least_id_made_then() -> None:
    # docs.discord.com, "Snowflakes": this one was made at 2016-04-30 11:18:25.796 UTC.
    made = 175928847299117063

    before = snowflake_at(datetime(2016, 4, 30, 11, 18, 25, 796_000, tzinfo=UTC))
    after = snowflake_at(datetime(2016, 4, 30, 11, 18, 25, 797_000, tzinfo=UTC))

    assert before <= made < after
