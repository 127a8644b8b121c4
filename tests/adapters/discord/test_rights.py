"""What posting needs, and the invitation that gives it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from discord import Permissions

from adapters.discord.rights import POSTING, check_posting, invite_url, missing_rights
from bot.errors import UserError

# docs.discord.com, "Permissions": the bits themselves.
VIEW, SEND, EMBED, HISTORY, START, IN_THREADS = (1 << bit for bit in (10, 11, 14, 16, 35, 38))
ALL = VIEW | SEND | EMBED | HISTORY | START | IN_THREADS


def test_whoever_has_it_all_lacks_nothing() -> None:
    assert missing_rights(Permissions(ALL)) == ()


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        (VIEW, "View Channel"),
        (SEND, "Send Messages"),
        (EMBED, "Embed Links"),
        (HISTORY, "Read Message History"),
        (START, "Create Public Threads"),
        (IN_THREADS, "Send Messages in Threads"),
    ],
)
def test_each_missing_right_is_named_as_discord_names_it(bit: int, name: str) -> None:
    assert missing_rights(Permissions(ALL & ~bit)) == (name,)


def test_a_forum_needs_no_threads_of_ours_and_names_its_own_rights() -> None:
    assert missing_rights(Permissions(ALL & ~START), is_forum=True) == ()
    assert missing_rights(Permissions(VIEW | EMBED | HISTORY), is_forum=True) == (
        "Create Posts",
        "Send Messages in Posts",
    )


def test_an_administrator_lacks_nothing() -> None:
    assert missing_rights(Permissions(1 << 3)) == ()


def test_one_sentence_names_everything_that_is_missing() -> None:
    with pytest.raises(UserError) as lacking:
        check_posting(Permissions(VIEW | SEND | HISTORY | IN_THREADS))

    assert str(lacking.value).startswith(
        "I cannot post here yet: give me “Embed Links” and “Create Public Threads” under"
    )


def test_the_invitation_asks_for_exactly_what_posting_needs() -> None:
    address = urlsplit(invite_url(1234))

    query = parse_qs(address.query)
    assert (address.hostname, address.path) == ("discord.com", "/oauth2/authorize")
    assert query["client_id"] == ["1234"]
    assert query["scope"] == ["bot applications.commands"]
    assert int(query["permissions"][0]) == POSTING.value == ALL
