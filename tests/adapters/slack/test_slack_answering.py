"""How answers reach people: slow ones, refused ones, and those nobody foresaw."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from adapters.slack.once import Once
from adapters.slack.payload import section, write_payload
from adapters.slack.places import Place
from adapters.slack.posted import vote_of
from adapters.slack.unfurl import RecentLinks, papers_in
from adapters.slack.vendor import web_client
from adapters.slack.voice import Voice
from adapters.slack.workspaces import OneWorkspace
from bot.domain.thumbs import Vote
from bot.errors import PermanentError, TransientError
from bot.services.background_work import Work
from tests.fakes.clock import FrozenClock
from tests.fakes.slack import SlackServer
from tests.fakes.slack_bot import slack_bot

HELLO = write_payload("Hello", [section("Hello")], papers=["2601.13824"])


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(rate_limited=False) as server:
        yield server
        assert server.violations == []


@pytest.fixture
async def voice(slack: SlackServer) -> AsyncIterator[Voice]:
    async with aiohttp.ClientSession() as session:
        client = web_client(slack.api_url, session, token=slack.bot_token())
        yield Voice(OneWorkspace(client), session=session)


async def test_a_response_url_that_is_spent_gives_way_to_an_ephemeral_message(
    slack: SlackServer, voice: Voice
) -> None:
    name = f"{slack.world.url}/response/unknown"
    place = Place("T1", "C1", "U1", response_url=name)

    await voice.alone(place, [HELLO])

    assert [each.shown() for each in slack.ephemeral("C1", "U1")] == ["Hello"]


async def test_where_the_bot_is_not_it_answers_in_a_direct_message(
    slack: SlackServer, voice: Voice
) -> None:
    await voice.alone(Place("T1", "C2", "U1"), [HELLO])

    assert [each.shown() for each in slack.direct_messages("U1")] == ["Hello"]


async def test_long_answers_go_into_the_thread_of_their_first_part(
    slack: SlackServer, voice: Voice
) -> None:
    await voice.openly(Place("T1", "C1", "U1"), [HELLO, HELLO, HELLO])

    head, *_ = slack.messages("C1")
    assert len(slack.thread(head)) == 2


async def test_an_answer_that_comes_too_fast_for_slack_is_said_a_moment_later(
    slack: SlackServer, voice: Voice
) -> None:
    slack.fail_next("chat.postMessage", error="ratelimited", retry_after=0)

    await voice.openly(Place("T1", "C1", "U1"), [HELLO])

    assert len(slack.messages("C1")) == 1


async def test_an_answer_whose_fate_is_unknown_is_not_said_twice(
    slack: SlackServer, voice: Voice
) -> None:
    slack.fail_next("chat.postMessage", cut=True)

    with pytest.raises(TransientError):
        await voice.openly(Place("T1", "C1", "U1"), [HELLO])

    assert len(slack.messages("C1")) == 1


async def test_another_workspace_gets_no_client_of_ours(slack: SlackServer, voice: Voice) -> None:
    with pytest.raises(PermanentError) as refused:
        await voice.openly(Place("T9", "C1", "U1"), [HELLO])

    assert refused.value.code == "app_uninstalled"
    assert slack.messages("C1") == []


async def test_an_error_that_nobody_foresaw_is_told_with_a_reference_that_stands_in_the_log(
    slack: SlackServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class BrokenFeed:
        async def read(self, categories: object, *, etag: str | None = None) -> object:
            del categories, etag
            raise RuntimeError("xoxb-something-private")

    async with slack_bot(slack, tmp_path, feed=BrokenFeed()):  # type: ignore[arg-type]
        answered = await slack.user("U1").slash("preview cs.CL")
        told = (await answered.answer()).shown()

    [logged] = [each for each in caplog.records if each.message == "slack.failed"]
    assert logged.__dict__["reference"] in told
    assert "xoxb" not in told


async def test_who_waits_long_is_told_that_it_is_worked_on(
    slack: SlackServer, tmp_path: Path
) -> None:
    class SlowFeed:
        def __init__(self) -> None:
            self.may_answer = asyncio.Event()

        async def read(self, categories: object, *, etag: str | None = None) -> object:
            del categories, etag
            await self.may_answer.wait()
            raise TransientError("arXiv does not answer: try again later.")

    feed = SlowFeed()
    async with slack_bot(slack, tmp_path, feed=feed):  # type: ignore[arg-type]
        asked = await slack.user("U1").slash("preview cs.CL")
        patience = await asked.patience()
        feed.may_answer.set()
        answer = await asked.answer()

    assert asked.ack_seconds is not None
    assert "working on it" in patience.shown()
    assert "working on it" not in answer.shown()
    assert patience.only_for == "U1"


# --- small things ----------------------------------------------------------------------------


async def test_work_is_bounded_and_finished_at_a_stop() -> None:
    work = Work(most=2, stop_seconds=0.01)
    done: list[str] = []

    async def quick() -> None:
        await asyncio.sleep(0)
        done.append("quick")

    async def endless() -> None:
        await asyncio.Event().wait()

    work.start(quick(), name="quick")
    work.start(endless(), name="endless")
    with pytest.raises(TransientError, match="Too much"):
        work.start(quick(), name="one too many")
    await work.close()

    assert done == ["quick"]
    assert not work.is_full


async def test_what_was_seen_lately_is_not_new_and_what_has_no_name_always_is() -> None:
    class Store:
        async def claim(self, key: str, **_: object) -> bool:
            return bool(key)

    once = Once(Store())

    assert [once.is_new(key) for key in ("a", "b", "a", "", "")] == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("reaction", "vote"),
    [
        ("+1", Vote.UP),
        ("+1::skin-tone-5", Vote.UP),
        ("thumbsup", Vote.UP),
        ("-1", Vote.DOWN),
        ("thumbsdown::skin-tone-2", Vote.DOWN),
        ("eyes", None),
        ("", None),
    ],
)
def test_thumbs_of_every_colour_count_and_nothing_else(reaction: str, vote: Vote | None) -> None:
    assert vote_of(reaction) is vote


def test_a_paper_rests_for_half_an_hour_in_its_channel() -> None:
    recent, clock = RecentLinks(), FrozenClock()

    def take(channel: str = "C1") -> bool:
        return recent.take("T1", channel, "2601.13824", now=clock.now())

    first, at_once, elsewhere = take(), take(), take("C2")
    clock.advance(seconds=29 * 60)
    soon = take()
    clock.advance(seconds=31 * 60)

    assert (first, at_once, elsewhere, soon, take()) == (True, False, True, False, True)


def test_lists_of_links_and_other_pages_are_left_alone() -> None:
    paper = {"url": "https://arxiv.org/abs/2601.13824"}
    other = {"url": "https://arxiv.org/list/cs.CL/recent"}

    assert list(papers_in([paper, other])) == [paper["url"]]
    assert papers_in([paper, other, other]) == {}


def test_a_place_shows_nobody_its_response_url() -> None:
    place = Place("T1", "C1", "U1", response_url="https://hooks.slack.com/secret")

    assert "secret" not in repr(place)
    assert "secret" not in repr(replace(place, thread_ts="1"))
