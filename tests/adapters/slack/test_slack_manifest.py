"""The app manifest, as Slack and the rest of the code see it."""

import json
import re
from pathlib import Path

import pytest

from adapters.slack.manifest import EVENTS, SCOPES, manifest
from bot.errors import UserError
from tests.fakes.command_line import papercourier
from tests.fakes.slack import SlackServer
from tests.fakes.slack_bot import slack_bot

ROOT = Path(__file__).parents[3]


def test_over_a_socket_no_address_is_named_and_over_http_each_one_is() -> None:
    socket = manifest(command_name="arxiv")
    http = manifest(command_name="papers", http_url="https://papers.example/")

    assert "://" not in json.dumps(socket)
    assert socket["settings"]["socket_mode_enabled"] is True
    assert http["settings"]["socket_mode_enabled"] is False
    assert http["features"]["slash_commands"][0]["command"] == "/papers"
    assert set(re.findall(r"https://[^\"]+", json.dumps(http))) == {
        "https://papers.example/slack/events",
        "https://papers.example/slack/oauth_redirect",
    }


def test_an_address_that_slack_cannot_call_is_refused() -> None:
    with pytest.raises(UserError, match="https://"):
        manifest(command_name="arxiv", http_url="http://localhost:8080")


def test_texts_keep_to_slacks_limits() -> None:
    document = manifest(command_name="arxiv", http_url="https://papers.example")

    about = document["display_information"]
    [command] = document["features"]["slash_commands"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert len(command["description"]) <= 2_000
    assert len(command["usage_hint"]) <= 1_000
    assert set(document["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)


def test_every_scope_stands_in_the_documentation_with_its_reason() -> None:
    page = (ROOT / "docs" / "how-to" / "slack.md").read_text(encoding="utf-8")

    for scope, reason in SCOPES.items():
        assert f"| `{scope}` | {reason} |" in page


def test_the_command_line_prints_it_with_the_commands_own_name(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"command_name": "papers"}')

    printed = papercourier("slack-manifest", "--config", str(config), home=tmp_path)
    refused = papercourier("slack-manifest", "--http", "http://papers.example", home=tmp_path)

    assert json.loads(printed.stdout) == manifest(command_name="papers")
    assert refused.returncode == 2
    assert "https://" in refused.stderr


async def test_the_manifests_scopes_are_enough_for_all_that_the_bot_does(tmp_path: Path) -> None:
    async with SlackServer(rate_limited=False) as slack:
        slack.use_manifest(manifest(command_name="arxiv"))
        async with slack_bot(slack, tmp_path) as bot:
            ada = slack.user("U1")
            await ada.open_home()
            await slack.invite_bot("G1")
            await slack.until(lambda: bool(slack.messages("G1")), what="hello is said")
            await ada.slash("subscribe cs.CL tz:UTC", channel="G1")
            await slack.until(lambda: len(slack.messages("G1")) == 2, what="subscribed is said")
            asked = await ada.mention("list", channel="G1")
            await slack.until(lambda: bool(slack.thread(asked)), what="the mention is answered")
            direct = await ada.direct_message("subscribe cs.LG tz:UTC")
            await slack.until(lambda: len(slack.direct_messages("U1")) > 1, what="in private, too")
            form = await (await ada.slash("settings")).view()
            await ada.submit(form, {"top": "3"})
            await slack.until(lambda: bool(slack.messages("C1")), what="the settings are said")
            await ada.react(slack.messages("G1")[1], "+1")
            await slack.kick_bot("G1")
            await slack.until(lambda: len(slack.direct_messages("U1")) > 2, what="it is told")
            await bot.check()

    assert "missing_scope" not in {each.error for each in slack.calls()}
    assert direct.channel.startswith("D")
    assert slack.violations == []
