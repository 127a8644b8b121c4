"""What the log says, and what it never says."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Secret, Settings, SlackSettings
from bot.logs import (
    SHORTEST_SECRET,
    JsonFormatter,
    Redactor,
    TextFormatter,
    configure_logging,
    secrets_in,
    without_password,
)

log = logging.getLogger("bot.services.example")
TOKEN = "xoxb-1234567890-abcdefghij"  # noqa: S105 - invented
PASSWORD = "pa\"ss\nw'ört%1"  # noqa: S105 - invented


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """The root logger as it was before the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def record(event: str, *, error: BaseException | None = None, **extra: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = log.makeRecord(log.name, logging.INFO, "x.py", 1, event, (), info, extra=extra)
    made.created = 1_768_975_200.5
    return made


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_a_text_line_is_time_level_event_and_its_fields() -> None:
    line = TextFormatter(Redactor()).format(record("feed.checked", outcome="new", items=725))

    assert line == "2026-01-21T06:00:00.500Z INFO    feed.checked outcome=new items=725"


def test_a_field_of_several_words_is_quoted_and_stays_on_one_line() -> None:
    line = TextFormatter(Redactor()).format(record("x", reason="it\nfailed = badly", empty=""))

    assert line.endswith(r'x reason="it\nfailed = badly" empty=""')


def test_a_json_line_is_one_object() -> None:
    line = JsonFormatter(Redactor()).format(
        record("feed.checked", items=725, days=["a", 1], level="odd")
    )

    assert json.loads(line) == {
        "at": "2026-01-21T06:00:00.500Z",
        "level": "info",
        "logger": "bot.services.example",
        "event": "feed.checked",
        "items": 725,
        "days": ["a", 1],
        "level_": "odd",
    }


@pytest.mark.parametrize("formatter", [TextFormatter, JsonFormatter])
def test_a_secret_is_struck_out_of_message_fields_and_traceback(
    formatter: type[TextFormatter | JsonFormatter],
) -> None:
    told = record(
        f"called with {PASSWORD}",
        error=raised(ValueError(f"refused {PASSWORD}")),
        plain=PASSWORD,
        deep={"list": [f"<{PASSWORD}>"], PASSWORD: 1},
        quoted=repr(PASSWORD),
        address=f"postgresql://bot:{PASSWORD}@host/db",
    )

    line = formatter(Redactor([PASSWORD])).format(told)

    assert "ss\nw" not in line
    assert "ört" not in line
    assert r"ss\nw" not in line
    assert "ValueError" in line


@settings(max_examples=100)
@given(
    secrets=st.lists(
        st.text('abc1"\\\né', min_size=SHORTEST_SECRET, max_size=8), min_size=1, max_size=3
    ),
    before=st.text('abc1"\\\né ', max_size=12),
    after=st.text('abc1"\\\né ', max_size=12),
)
def test_no_secret_is_ever_in_a_line(secrets: list[str], before: str, after: str) -> None:
    told = record("x", field=[before + secret + after for secret in secrets])
    redactor = Redactor(secrets)

    read_back = json.loads(JsonFormatter(redactor).format(told))["field"]
    text = redactor.text(before + "".join(secrets) + after)

    assert all(secret not in value for secret in secrets for value in [*read_back, text])


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        "xapp-1-A012345678-0123456789",
        "sk-proj-abcdefghijklmnop_qrst",
        "ghp_0123456789abcdefghijABCDEFGHIJ",
        "Authorization: Bearer abcdefghij.klmnopqrst",
        "Bot MTA5ODc2NTQzMjEwOTg3NjU0Mw.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789",
        "https://hooks.slack.com/services/T000/B000/abcdefgh",
        "https://discord.com/api/webhooks/123456/abcdefghijklmnopqrstuvwxyz",
        "postgresql://bot:abcdefgh@db/papers",
    ],
)
def test_what_is_shaped_like_a_token_is_struck_out_unasked(text: str) -> None:
    shown = Redactor().text(f"before {text} after")

    assert "abcdefgh" not in shown
    assert "0123456789" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "https://rss.arxiv.org/rss/cs.AI+cs.CL",
        "digest/12/2026-01-21T09:00/0",
        "slack:T0123456789:C0123456789",
        "2601.01234v2 and a sk-learn robot",
        "postgresql://db/papers",
    ],
)
def test_ordinary_texts_are_left_alone(text: str) -> None:
    assert Redactor().text(text) == text


def test_a_json_line_stays_json_whatever_the_secrets_and_values_are() -> None:
    told = record("x", pin=12345678, share=float("nan"), count=7, what={"a": "b"})

    line = JsonFormatter(Redactor(["12345678", '": "', '", "'])).format(told)

    read_back = json.loads(line)
    assert (read_back["pin"], read_back["share"], read_back["count"]) == ("***", "nan", 7)


def test_every_secret_of_the_settings_is_known_and_the_database_may_still_be_named() -> None:
    @dataclass(frozen=True)
    class Extended(Settings):
        proxy: str = "http://me:proxy-word@proxy:3128"
        slack: SlackSettings = field(
            default_factory=lambda: SlackSettings(signing_secret=Secret("deadbeef00"))
        )

    found = secrets_in(Extended(database_url=Secret("postgresql://bot:p%40ss@db/papers")))

    assert found == {"proxy-word", "deadbeef00", "p%40ss", "p@ss"}
    assert without_password("postgresql://bot:p%40ss@db/papers") == "postgresql://***@db/papers"
    assert without_password("sqlite:////var/lib/p.db") == "sqlite:////var/lib/p.db"


@pytest.mark.usefixtures("restored_logging")
def test_lines_go_to_one_stream_at_the_level_asked_for_and_vendors_are_kept_short() -> None:
    stream = io.StringIO()

    configure_logging(shape="json", level="info", secrets=[TOKEN], stream=stream)
    log.info("delivery.sent", extra={"key": "digest/1"})
    log.debug("not.told")
    logging.getLogger("apscheduler.scheduler").info("Added job")
    logging.getLogger("apscheduler.scheduler").warning("Missed %s", TOKEN)

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["delivery.sent", "Missed ***"]
