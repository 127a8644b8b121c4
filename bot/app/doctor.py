"""What `papercourier doctor` looks at, composed from the adapters that the settings ask for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack

from adapters.arxiv.checkup import ArxivCheckup
from adapters.arxiv.pacing import LocalSlots
from adapters.database.checkup import DatabaseCheckup
from adapters.database.engine import Database, open_database
from adapters.database.migrating import Standing, standing
from adapters.scheduling.system_clock import SystemClock
from bot.app.reading import (
    no_embeddings,
    no_model,
    open_arxiv,
    open_embeddings,
    open_endpoint,
)
from bot.config import Settings
from bot.domain.checkup import Checkup, Finding, Verdict, note, well
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PapercourierError
from bot.ports import Clock, Examination, SlotStore
from bot.services.checkup import examine_all


async def examine(settings: Settings) -> Checkup:
    """Look at everything `settings` need; changes nothing, posts nothing."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database, known = await _remembered(settings, stack)
        slots = database.slots if database else LocalSlots()
        examinations: dict[str, Examination] = {
            "configuration": _Configuration(settings),
            "database": DatabaseCheckup(settings.database_url.reveal(), home=settings.home),
            "arXiv": _arxiv(settings, slots=slots, clock=clock),
            "model": _model(settings, clock=clock, stack=stack),
        }
        if settings.embeddings.enabled:
            examinations["embeddings"] = _embeddings(settings, clock=clock, stack=stack)
        examinations.update(_chats(settings, known, database=database, clock=clock))
        return await examine_all(examinations)


class _Configuration:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self) -> Sequence[Finding]:
        source = self._settings.source or "no config.json, so the built-in one,"
        findings = [well("configuration", f"{source} is right.")]
        return findings + [note("configuration", each) for each in self._settings.notices]


async def _remembered(
    settings: Settings, stack: AsyncExitStack
) -> tuple[Database | None, tuple[Subscription, ...]]:
    """The database and its subscriptions, where it is of this version.

    One that is not there, older or broken stays untouched: its own examination tells.
    """
    url = settings.database_url.reveal()
    try:
        if standing(url) is not Standing.PRESENT:
            return None, ()
        database = await stack.enter_async_context(await open_database(url))
        async with database.unit_of_work() as unit:
            return database, await unit.subscriptions.all()
    except PapercourierError:
        return None, ()


def _arxiv(settings: Settings, *, slots: SlotStore, clock: Clock) -> Examination:
    return ArxivCheckup(
        fetcher=open_arxiv(settings, slots=slots, clock=clock).fetcher,
        clock=clock,
        feed_url=settings.arxiv.feed_url,
        category=settings.categories[0],
        contact=settings.arxiv.contact or settings.arxiv.user_agent,
        spacing_seconds=settings.arxiv.request_spacing_seconds,
    )


def _model(settings: Settings, *, clock: Clock, stack: AsyncExitStack) -> Examination:
    if mend := no_model(settings):
        return _Said(note("model", f"none: digests carry the abstracts' own sentences. {mend}."))
    # Imported here, like the client it is for: that takes a second.
    from adapters.llm.checkup import ModelCheckup  # noqa: PLC0415

    endpoint = open_endpoint(settings, clock=clock)
    stack.push_async_callback(endpoint.aclose)
    return ModelCheckup(endpoint)


def _embeddings(settings: Settings, *, clock: Clock, stack: AsyncExitStack) -> Examination:
    if mend := no_embeddings(settings):
        return _Said(note("embeddings", f"sentences after `about:` do nothing: {mend}."))
    from adapters.llm.checkup import EmbeddingCheckup  # noqa: PLC0415 - as above

    endpoint = open_embeddings(settings, clock=clock)
    stack.push_async_callback(endpoint.aclose)
    return EmbeddingCheckup(endpoint)


def _chats(
    settings: Settings,
    known: Sequence[Subscription],
    *,
    database: Database | None,
    clock: Clock,
) -> dict[str, Examination]:
    """The platforms whose tokens are set; each looks at the channels that wait for digests."""
    examinations: dict[str, Examination] = {}
    channels = [each.destination for each in known if each.is_active]
    if is_slack_set(settings):
        examinations["Slack"] = _slack(
            settings, _of(channels, "slack"), database=database, clock=clock
        )
    if settings.discord.token is not None:
        from adapters.discord.checkup import DiscordCheckup  # noqa: PLC0415

        examinations["Discord"] = DiscordCheckup(
            settings.discord.token.reveal(),
            api_url=settings.discord.api_url,
            channels=_of(channels, "discord"),
        )
    if not examinations:
        examinations["chat"] = _Said(
            note("chat", "neither Slack nor Discord is set up: `papercourier setup` helps.")
        )
    return examinations


def _slack(
    settings: Settings,
    channels: Sequence[Destination],
    *,
    database: Database | None,
    clock: Clock,
) -> Examination:
    # Imported here, like each platform's library wherever it is used: both take long.
    from adapters.slack.checkup import SlackCheckup  # noqa: PLC0415
    from adapters.slack.installations import EncryptedInstallationStore  # noqa: PLC0415
    from adapters.slack.keys import open_keys  # noqa: PLC0415
    from bot.app.slack import slack_tokens  # noqa: PLC0415

    tokens = slack_tokens(settings)
    store = None
    if tokens.client_id and database is not None:
        key = settings.slack.encryption_key
        store = EncryptedInstallationStore(
            client_id=tokens.client_id,
            engine=database.engine,
            keys=open_keys(key.reveal() if key else None, home=settings.home),
        )
    return SlackCheckup(
        tokens, channels=channels, public_url=settings.web.public_url, clock=clock, store=store
    )


def is_slack_set(settings: Settings) -> bool:
    """Whether anything of Slack's was configured, whole or not."""
    slack = settings.slack
    return any((slack.bot_token, slack.app_token, slack.signing_secret, slack.client_id))


def _of(channels: Sequence[Destination], platform: str) -> list[Destination]:
    return [each for each in channels if each.platform == platform]


class _Said:
    """An `Examination` whose outcome is known before it begins."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding

    async def __call__(self) -> Sequence[Finding]:
        return [self._finding]


def report(checkup: Checkup, *, as_json: bool) -> str:
    """One line for each finding, or one JSON object."""
    return _json(checkup) if as_json else "\n".join(map(_line, checkup.findings))


def _line(finding: Finding) -> str:
    mark = {Verdict.WELL: "✓", Verdict.NOTE: "!", Verdict.FAULT: "✗"}[finding.verdict]
    return f"{mark} {finding.topic}: {finding.sentence}"


def _json(checkup: Checkup) -> str:
    findings = [
        {"topic": each.topic, "verdict": each.verdict.value, "sentence": each.sentence}
        for each in checkup.findings
    ]
    return json.dumps({"well": checkup.is_well, "findings": findings}, ensure_ascii=False, indent=2)
