"""Keys, signatures, and what stands encrypted in the database."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store.models.installation import Installation

from adapters.database.engine import open_database
from adapters.slack.installations import EncryptedInstallationStore
from adapters.slack.keys import KEY_FILE, open_keys
from adapters.slack.signing import FormState, is_from_slack, read_state, sign_state
from bot.errors import UserError
from tests.databases import PostgresqlServer

NOW = datetime(2026, 1, 21, 9, tzinfo=UTC)
STATE = FormState("edit", "T1", "C1", "U1", number=2, opened_at=int(NOW.timestamp()))
TOKEN = "xoxb-" + "1" * 170


def test_without_a_setting_a_key_is_made_once_that_only_its_owner_reads(tmp_path: Path) -> None:
    keys = open_keys(None, home=tmp_path)

    again = open_keys(None, home=tmp_path)

    assert again.decrypt(keys.encrypt("secret")) == "secret"
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]


def test_an_old_key_behind_the_new_one_still_opens_what_it_closed(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    closed = open_keys(old, home=tmp_path).encrypt("secret")

    both = open_keys(f"{new}, {old}", home=tmp_path)

    assert both.decrypt(closed) == "secret"
    assert not both.is_newest(closed)
    assert both.is_newest(both.encrypt("secret"))
    with pytest.raises(UserError, match="SLACK_ENCRYPTION_KEY"):
        open_keys(new, home=tmp_path).decrypt(closed)


def test_a_key_file_that_cannot_be_made_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SLACK_ENCRYPTION_KEY"):
        open_keys(None, home=tmp_path / "missing")


def test_a_forms_state_is_read_back_by_whom_it_was_opened_for(tmp_path: Path) -> None:
    keys = open_keys(None, home=tmp_path).signing

    read = read_state(sign_state(STATE, keys), keys, team_id="T1", user_id="U1", now=NOW)

    assert read == STATE


@pytest.mark.parametrize(
    ("team", "user", "later", "change"),
    [
        ("T2", "U1", timedelta(), ("", "")),
        ("T1", "U2", timedelta(), ("", "")),
        ("T1", "U1", timedelta(days=2), ("", "")),
        ("T1", "U1", timedelta(), ('"C1"', '"C9"')),
        ("T1", "U1", timedelta(), (".", "")),
        ("T1", "U1", timedelta(), ("edit", "edít")),
    ],
)
def test_any_other_state_is_refused(
    tmp_path: Path, team: str, user: str, later: timedelta, change: tuple[str, str]
) -> None:
    keys = open_keys(None, home=tmp_path).signing
    signed = sign_state(STATE, keys).replace(*change)

    with pytest.raises(UserError, match="open it again"):
        read_state(signed, keys, team_id=team, user_id=user, now=NOW + later)


def test_slacks_own_example_is_from_slack_and_nothing_else_is() -> None:
    # docs.slack.dev, "Verifying requests from Slack".
    secret = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105 - of the documentation
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    then = 1_531_420_618.0

    assert is_from_slack(secret, body=body, headers=headers, now=then + 60)
    assert not is_from_slack(secret, body=body + "x", headers=headers, now=then)
    assert not is_from_slack(secret, body=body, headers=headers, now=then + 600)
    assert not is_from_slack("other", body=body, headers=headers, now=then)
    assert not is_from_slack(secret, body=body, headers={}, now=then)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/papercourier.db"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.migrated_database()


async def test_tokens_are_stored_encrypted_found_again_and_forgotten(
    url: str, tmp_path: Path
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    async with await open_database(url) as database:
        first = EncryptedInstallationStore(
            client_id="1.2", engine=database.engine, keys=open_keys(old, home=tmp_path)
        )
        await first.async_save(installation("T1"))
        await first.async_save(installation("T2", enterprise="E1"))
        async with database.engine.connect() as connection:
            stored = [
                str(row)
                for table in ("slack_bots", "slack_installations")
                for row in await connection.execute(sa.text(f"SELECT * FROM {table}"))  # noqa: S608 - of these two
            ]

        rotated = EncryptedInstallationStore(
            client_id="1.2", engine=database.engine, keys=open_keys(f"{new},{old}", home=tmp_path)
        )
        changed = await rotated.encrypt_anew()
        newest = EncryptedInstallationStore(
            client_id="1.2", engine=database.engine, keys=open_keys(new, home=tmp_path)
        )
        found = [await newest.bot_of(team) for team in ("T1", "T2")]
        await newest.forget("T1")

        assert len(stored) == 4
        assert TOKEN not in "".join(stored)
        assert changed == 4
        assert await newest.encrypt_anew() == 0
        assert [each.bot_token for each in found if each] == [TOKEN, TOKEN]
        assert await newest.bot_of("T1") is None
        assert await newest.bot_of("T2") is not None


async def test_a_key_is_claimed_once_until_it_is_forgotten(url: str) -> None:
    async with await open_database(url) as database:
        keep = timedelta(days=1)

        first = await database.seen.claim("event", now=NOW, keep=keep)
        again = await database.seen.claim("event", now=NOW + timedelta(hours=1), keep=keep)
        other = await database.seen.claim("other", now=NOW, keep=keep)
        later = await database.seen.claim("event", now=NOW + timedelta(days=2), keep=keep)

        assert (first, again, other, later) == (True, False, True, True)


def installation(team_id: str, enterprise: str | None = None) -> Installation:
    return Installation(
        app_id="A1",
        enterprise_id=enterprise,
        team_id=team_id,
        team_name="Lab",
        bot_token=TOKEN,
        bot_id="B1",
        bot_user_id="UBOT",
        bot_scopes="chat:write",
        user_id="U1",
    )
