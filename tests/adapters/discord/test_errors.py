"""Discord's codes in our words."""

import pytest

from adapters.discord.errors import OnlySomeTries, error_of
from bot.domain.outbox import REFUSALS, WORKSPACE_REFUSALS
from bot.errors import PermanentError, TransientError


@pytest.mark.parametrize(
    ("status", "code", "ours", "is_refusal"),
    [
        (404, 10003, "channel_not_found", True),
        (404, 10004, "guild_not_found", True),
        (404, 10008, "unknown_message", False),
        (404, 10015, "channel_not_found", True),
        (413, 40005, "too_large", False),
        (400, 40067, "restricted_action", True),
        (403, 50001, "missing_access", True),
        (403, 50007, "cannot_dm", True),
        (403, 50013, "missing_permissions", True),
        (401, 50027, "token_revoked", True),
        (400, 50035, "invalid_form", False),
        (403, 160005, "thread_locked", True),
        (400, 200000, "blocked", False),
        (403, 0, "forbidden", True),
        (403, 424242, "forbidden", True),
        (400, 424242, "refused", False),
        (404, 0, "refused", False),
    ],
)
def test_a_code_says_whether_the_message_or_its_channel_is_given_up(
    status: int, code: int, ours: str, is_refusal: bool
) -> None:
    error = error_of(status, code)

    assert isinstance(error, PermanentError)
    assert error.code == ours
    assert (ours in REFUSALS) is is_refusal
    assert str(error).endswith(".")


def test_only_the_loss_of_the_server_means_all_its_channels() -> None:
    codes = (10003, 10004, 50001, 50013, 160005)

    errors = [error_of(403, code) for code in codes]

    meant = [error for error in errors if getattr(error, "code", "") in WORKSPACE_REFUSALS]
    assert meant == [errors[1]]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_a_server_in_trouble_may_have_acted_all_the_same(status: int) -> None:
    error = error_of(status, 0)

    assert isinstance(error, TransientError)
    assert error.may_have_acted
    assert not error.platform_wide


def test_a_refused_token_is_the_whole_platforms_trouble() -> None:
    error = error_of(401, 0)

    assert isinstance(error, TransientError)
    assert error.platform_wide
    assert "DISCORD_TOKEN" in str(error)


@pytest.mark.parametrize("code", [130000, 160006])
def test_what_passes_by_itself_is_tried_again(code: int) -> None:
    error = error_of(400, code)

    assert isinstance(error, TransientError)
    assert error.retry_after


def test_a_limit_keeps_its_wish_and_nothing_was_done() -> None:
    error = error_of(429, 0, retry_after=3.5)

    assert isinstance(error, TransientError)
    assert (error.retry_after, error.may_have_acted) == (3.5, False)


def test_tries_end_when_there_were_enough() -> None:
    tries = OnlySomeTries(2)

    tries.reset(seek=0)
    tries.reset(seek=1)
    with pytest.raises(TransientError) as enough:
        tries.reset(seek=2)
    assert enough.value.may_have_acted
