"""`papercourier setup`: from a few answers to files that the bot can use."""

from __future__ import annotations

import base64
import json
import os
import pty
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.config_environment import environment
from bot.errors import UserError
from tests.fakes.command_line import Ended, papercourier

BOT_TOKEN = "xoxb-111111111111-222222222222-abcdefghijklmnopqrstuvwx"  # noqa: S105 - invented
PATIENCE_SECONDS = 60.0
APP_TOKEN = "xapp-1-A0000000000-1111111111111-abcdefabcdef"  # noqa: S105 - invented


def set_up(folder: Path, *words: str, **environ: str) -> Ended:
    return papercourier("setup", "--dir", str(folder), *words, home=folder.parent, **environ)


def test_what_is_said_in_flags_is_read_back_by_the_bot(tmp_path: Path) -> None:
    folder = tmp_path / "bot"

    ended = set_up(
        folder,
        "--no-interactive",
        "--categories=cs.CL, cs.LG",
        '--keywords="kv cache", quantiz*, LLM^0.5',
        "--contact=papers@example.org",
        "--timezone=Europe/Berlin",
        "--language=de",
        SLACK_BOT_TOKEN=BOT_TOKEN,
        SLACK_APP_TOKEN=APP_TOKEN,
    )

    assert ended.returncode == 0, ended.stderr
    settings = load_settings(
        folder / "config.json", environment({"PAPERCOURIER_HOME": str(folder)})
    )
    assert settings.categories == ("cs.CL", "cs.LG")
    assert [str(term.text) for term in settings.keywords] == ["kv cache", "quantiz", "LLM"]
    assert settings.arxiv.contact == "papers@example.org"
    assert settings.schedule.timezone == "Europe/Berlin"
    assert settings.language == "de"
    assert settings.slack.bot_token is not None
    assert settings.slack.bot_token.reveal() == BOT_TOKEN
    assert settings.slack.app_token is not None
    assert settings.slack.app_token.reveal() == APP_TOKEN


def test_secrets_are_neither_shown_nor_readable_by_others(tmp_path: Path) -> None:
    folder = tmp_path / "bot"

    ended = set_up(folder, "--no-interactive", SLACK_BOT_TOKEN=BOT_TOKEN, SLACK_APP_TOKEN=APP_TOKEN)

    assert BOT_TOKEN not in ended.stdout + ended.stderr
    assert BOT_TOKEN not in (folder / "config.json").read_text()
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


def test_it_ends_with_what_each_platform_still_wants(tmp_path: Path) -> None:
    token = f"{base64.b64encode(b'1234567890').decode()}.abcdef.{'x' * 27}"

    bare = set_up(tmp_path / "bare", "--no-interactive")
    full = set_up(tmp_path / "full", f"--discord-token={token}", SLACK_BOT_TOKEN=BOT_TOKEN)

    manifest = bare.stdout.partition("\n\n")[2].partition("\n\n")[0]
    assert json.loads(manifest)["settings"]["socket_mode_enabled"] is True
    assert "client_id=1234567890&" in full.stdout
    assert "manifest" not in full.stdout
    assert token not in full.stdout


def test_at_a_terminal_what_was_not_said_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        (sys.executable, "-m", "bot", "setup", "--dir", str(folder), "--language=de"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    os.close(theirs)

    shown = answered(
        ours,
        {
            "categories": "cs.CR",
            "Words and phrases": "fuzzing, side channel",
            "mail or web address": "",
            "Time zone": "",
            "OpenAI-compatible": "",
            "Slack bot token": BOT_TOKEN,
            "Slack app token": APP_TOKEN,
            "Discord bot token": "",
        },
    )

    assert process.wait(timeout=PATIENCE_SECONDS) == 0, shown
    settings = load_settings(
        folder / "config.json", environment({"PAPERCOURIER_HOME": str(folder)})
    )
    assert settings.categories == ("cs.CR",)
    assert [term.text for term in settings.keywords] == ["fuzzing", "side channel"]
    assert settings.schedule.timezone == "UTC"
    assert settings.slack.bot_token is not None
    assert settings.slack.bot_token.reveal() == BOT_TOKEN
    assert BOT_TOKEN not in shown  # typed, but not echoed


def answered(terminal: int, answers: dict[str, str]) -> str:
    """Answer prompts as they come; everything that was shown."""
    shown, waiting = "", dict(answers)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 1.0)
        if not ready:
            continue
        try:
            new = os.read(terminal, 4096).decode()
        except OSError:  # Linux says so when the other side has gone
            break
        shown += new
        last = shown.rpartition("\n")[2]
        for prompt in [each for each in waiting if each in last and last.endswith(": ")]:
            os.write(terminal, f"{waiting.pop(prompt)}\n".encode())
    os.close(terminal)
    assert waiting == {}, shown
    return shown


@pytest.mark.parametrize(
    ("word", "mend"),
    [
        ("--categories=cs.CLL", "did you mean cs.CL?"),
        ("--timezone=Europe/Berlni", "Europe/Berlin"),
        ("--language=klingonisch", "language"),
        ("--slack-bot-token=hello\nworld", "SLACK_BOT_TOKEN"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_written(
    tmp_path: Path, word: str, mend: str
) -> None:
    folder = tmp_path / "bot"

    ended = set_up(folder, "--no-interactive", word)

    assert ended.returncode == 2
    assert mend in ended.stderr
    assert list(folder.glob("*")) == []


def test_a_config_json_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    config = tmp_path / "bot" / "config.json"
    config.write_text('{"categories": ["math.NT"]}')

    ended = set_up(config.parent, "--no-interactive", SLACK_BOT_TOKEN=BOT_TOKEN)
    refused = set_up(config.parent, "--no-interactive", "--categories=cs.CL")
    kept = config.read_text()
    forced = set_up(config.parent, "--no-interactive", "--force")

    assert (ended.returncode, refused.returncode, forced.returncode) == (0, 2, 0), ended.stderr
    assert kept == '{"categories": ["math.NT"]}'
    assert "config.json stays as it is; --force writes it anew" in ended.stdout
    assert f"SLACK_BOT_TOKEN={BOT_TOKEN}" in (config.parent / ".env").read_text()
    assert "holds config.json already: --force writes it anew" in refused.stderr
    assert "math.NT" not in config.read_text()


def test_run_again_with_a_new_token_it_keeps_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    token = f"{base64.b64encode(b'1234567890').decode()}.abcdef.{'x' * 27}"
    former = BOT_TOKEN.swapcase().replace("XOXB", "xoxb")
    set_up(folder, "--no-interactive", SLACK_BOT_TOKEN=former, SLACK_APP_TOKEN=APP_TOKEN)
    with (folder / ".env").open("a") as file:
        file.write("# mine\nWEB_PORT=81\n")

    again = set_up(folder, "--no-interactive", SLACK_BOT_TOKEN=BOT_TOKEN, DISCORD_TOKEN=token)

    assert again.returncode == 0, again.stderr
    written = (folder / ".env").read_text()
    found = environment({"PAPERCOURIER_HOME": str(folder)})
    assert found["SLACK_BOT_TOKEN"] == BOT_TOKEN
    assert found["SLACK_APP_TOKEN"] == APP_TOKEN
    assert (found["DISCORD_TOKEN"], found["WEB_PORT"]) == (token, "81")
    assert "# mine\n" in written
    assert written.count("SLACK_BOT_TOKEN=") == 1
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert "manifest" not in again.stdout


def test_the_process_environment_stands_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=from-file\nWEB_PORT=81\nPASSWORD=a$HOME b\n")

    found = environment({"PAPERCOURIER_HOME": str(tmp_path), "WEB_PORT": "82"})

    assert found["SLACK_BOT_TOKEN"] == "from-file"  # noqa: S105 - invented
    assert found["WEB_PORT"] == "82"
    assert found["PASSWORD"] == "a$HOME b"  # noqa: S105 - invented


def test_an_env_file_in_another_encoding_is_refused_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("NAME=Zoë\n".encode("utf-16"))

    with pytest.raises(UserError, match="save it as UTF-8"):
        environment({"PAPERCOURIER_HOME": str(tmp_path)})
