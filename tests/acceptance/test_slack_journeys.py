"""Whole journeys on Slack, through the real slack_bolt, by websocket and by signed HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.fakes.slack import SlackServer
from tests.fakes.slack.state import Message
from tests.fakes.slack_bot import SlackBot, recorded_day, slack_bot, until
from tests.shared_data import ARXIV_DATA, needs_shared

pytestmark = needs_shared


@pytest.fixture(params=["socket", "http"])
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[SlackServer]:
    async with SlackServer(mode=request.param, rate_limited=False) as server:
        yield server
        assert server.violations == []


@pytest.fixture
async def bot(slack: SlackServer, tmp_path: Path) -> AsyncIterator[SlackBot]:
    async with slack_bot(slack, tmp_path, feed=recorded_day(ARXIV_DATA)) as running:
        yield running


async def test_a_channel_subscribes_gets_its_digest_and_unsubscribes(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada = slack.user("U1")

    typed = await ada.slash("subscribe cs.CL kw:LLM^2,reasoning top:3 min:1 at:09:00 tz:UTC")
    await slack.until(lambda: len(slack.messages("C1")) == 1, what="subscribed is said")
    listed = await (await ada.slash("list")).answer()
    preview = await (await ada.slash("preview")).answer()
    posted = await bot.daily_digests()

    assert typed.error is None
    assert slack.messages("C1")[0].shown().startswith("Subscribed: #1 cs.CL")
    assert "cs.CL" in listed.shown()
    assert "nothing is posted" in preview.shown()
    assert posted > 1
    parent = slack.messages("C1")[1]
    assert "3" in parent.shown()
    assert len(slack.thread(parent)) == posted - 1

    await ada.slash("pause")
    await slack.until(lambda: "Paused" in slack.messages("C1")[-1].shown(), what="paused is said")
    await ada.slash("resume")
    await slack.until(lambda: "Resumed" in slack.messages("C1")[-1].shown(), what="resumed is said")
    await ada.slash("edit 1 top:5")
    await slack.until(
        lambda: "at most 5" in slack.messages("C1")[-1].shown(), what="edited is said"
    )
    await ada.slash("unsubscribe")
    await slack.until(lambda: "Unsub" in slack.messages("C1")[-1].shown(), what="the end is said")
    assert list(await bot.subscriptions()) == []


async def test_a_form_starts_a_subscription_and_shows_its_faults_at_their_fields(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada = slack.user("U1")
    form = await (await ada.slash("subscribe")).view()

    refused = await ada.submit(
        form, {"categories": "cs.CL cs.XX", "min": "many", "timezone": "Mars"}
    )

    assert set(refused.errors) == {"categories", "min", "timezone"}
    assert "cs.XX" in refused.errors["categories"]
    assert form.is_open

    await ada.submit(
        form,
        {
            "categories": "cs.CL cs.LG",
            "keywords": "kv cache, LLM^2",
            "excluded": "survey",
            "authors": "Tri Dao",
            "min": "1.5",
            "top": "4",
            "at": "18:30",
            "days": ["0", "3"],
            "timezone": "berlin",
            "language": "German",
            "options": ["empty"],
        },
    )
    await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")

    [stored] = await bot.subscriptions()
    interests = stored.interests
    assert interests.categories == ("cs.CL", "cs.LG")
    assert [term.text for term in interests.terms] == ["kv cache", "LLM"]
    assert [term.text for term in interests.excluded] == ["survey"]
    assert interests.authors == ("Tri Dao",)
    assert (interests.min_score, interests.max_papers) == (1.5, 4)
    assert stored.schedule.weekdays == {0, 3}
    assert f"{stored.schedule.at:%H:%M} {stored.schedule.timezone}" == "18:30 Europe/Berlin"
    assert (stored.language, stored.threads, stored.announce_empty) == ("de", False, True)


async def test_the_form_for_editing_shows_what_is_there_and_keeps_what_is_not_touched(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada = slack.user("U1")
    await ada.slash('subscribe cs.CL kw:"kv cache",LLM^2 min:1.5 formula:seed days:3 tz:UTC')
    await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")
    form = await (await ada.slash("edit 1")).view()

    await ada.submit(form, {"top": "2"})

    await slack.until(lambda: len(slack.messages("C1")) == 2, what="changed is said")
    [stored] = await bot.subscriptions()
    assert "kv cache" in str(form.payload)
    assert stored.interests.max_papers == 2
    assert [term.text for term in stored.interests.terms] == ["kv cache", "LLM"]
    assert (stored.interests.formula.value, stored.interests.days_back) == ("seed", 3)


async def test_summaries_come_by_button_by_command_and_by_mention(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada = slack.user("U1")
    await ada.slash("subscribe cs.CL kw:LLM^2 top:2 min:1 tz:UTC")
    await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")
    await bot.daily_digests()
    parent = slack.messages("C1")[1]
    paper = slack.thread(parent)[0]
    arxiv_id = _papers(paper)[0]
    before = len(slack.thread(parent))

    await ada.click(paper, "paper_summarize")
    await slack.until(lambda: len(slack.thread(parent)) > before, what="the button's summary")
    typed = await (await ada.slash(f"summarize {arxiv_id}")).answer()
    asked = await ada.mention(f"what is {arxiv_id} about?")
    await slack.until(lambda: bool(slack.thread(asked)), what="the mention's summary")
    question = await ada.mention(f"which data does {arxiv_id} use?")
    await slack.until(lambda: bool(slack.thread(question)), what="the answer")
    link = await ada.direct_message(f"https://arxiv.org/abs/{arxiv_id}")
    await slack.until(lambda: len(slack.direct_messages("U1")) > 1, what="the link's summary")

    title = typed.shown().splitlines()[0]
    assert title in slack.thread(parent)[-1].shown()
    assert title in slack.thread(asked)[0].shown()
    assert "Question: " in slack.thread(question)[0].shown()
    assert title in slack.direct_messages("U1")[1].shown()
    assert link.channel == slack.direct_messages("U1")[1].channel
    assert typed.only_for == "U1"


async def test_thumbs_count_by_button_and_by_reaction_and_can_be_taken_back(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada, emmy = slack.user("U1"), slack.user("U2")
    await ada.slash("subscribe cs.CL kw:LLM^2 top:2 min:1 tz:UTC")
    await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")
    await bot.daily_digests()
    parent = slack.messages("C1")[1]
    first, second = (each for each in slack.thread(parent) if len(_papers(each)) == 1)
    [subscription] = await bot.subscriptions()

    async def votes() -> set[tuple[str, str]]:
        async with bot.database.unit_of_work() as unit:
            given = await unit.thumbs.of(subscription.id, limit=10)
        return {(each.arxiv_id, each.vote.value) for each in given}

    clicked = await (await ada.click(first, "paper_like")).answer()
    await emmy.react(second, "-1::skin-tone-3")
    await emmy.react(first, "tada")
    await until(_holds(votes, {(_papers(first)[0], "up"), (_papers(second)[0], "down")}), what="2")
    await emmy.unreact(second, "-1::skin-tone-3")
    await until(_holds(votes, {(_papers(first)[0], "up")}), what="one is taken back")
    why = await (await ada.slash(f"why {_papers(first)[0]}")).answer()

    assert "more like" in clicked.shown()
    assert clicked.only_for == "U1"
    assert "LLM" in why.shown()


async def test_home_shows_the_subscriptions_one_may_see_and_changes_them(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada, emmy = slack.user("U1"), slack.user("U2")
    empty = await ada.open_home()
    assert empty is None or "Nothing is subscribed" in empty.shown()
    await slack.until(lambda: slack.home("U1") is not None, what="Home is shown")
    await slack.invite_bot("G1")
    slack.channel("G1").members.discard("U2")
    await ada.slash("subscribe cs.CL tz:UTC")
    await ada.slash("subscribe cs.DC tz:UTC", channel="G1")
    # Two commands typed at once may show up one after the other.
    await slack.until(lambda: _in_home(slack, "U1") >= {"C1 1", "G1 1"}, what="both are in Home")
    await emmy.open_home()
    await slack.until(lambda: "C1 1" in _in_home(slack, "U2"), what="the public one is in Home")

    assert "cs.CL" in _home(slack, "U1")
    assert "cs.DC" in _home(slack, "U1")
    assert "cs.DC" not in _home(slack, "U2")

    home = slack.home("U1")
    assert home is not None
    await ada.click(home, "home_pause", "C1 1")
    await slack.until(lambda: "Paused" in _home(slack, "U1"), what="Home shows the pause")
    await ada.click(home, "home_resume", "C1 1")
    await slack.until(lambda: "Paused" not in _home(slack, "U1"), what="Home shows the end of it")
    form = await (await ada.click(home, "home_edit", "C1 1")).view()
    await ada.submit(form, {"top": "3"})
    await slack.until(lambda: "at most 3" in _home(slack, "U1"), what="Home shows the change")
    assert "Paused" in slack.messages("C1")[1].shown()
    assert [each.interests.max_papers for each in await bot.subscriptions()] == [3]


async def test_pasted_links_are_shown_where_that_was_switched_on_and_not_too_often(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada = slack.user("U1")
    await bot.app.ingest.ingest(["cs.CL"])
    link = "https://arxiv.org/abs/2601.13824"
    plain = await ada.post(f"see {link}")
    await ada.slash("settings unfurl:on")
    await slack.until(lambda: "show the paper" in slack.messages("C1")[-1].shown(), what="it is on")

    shown = await ada.post(f"look at {link}")
    await slack.until(lambda: bool(shown.unfurls), what="the link is shown")
    again = await ada.post(f"again {link}")
    three = await ada.post(f"{link}1 https://arxiv.org/abs/2601.13825 {link}")
    other = await ada.post("https://arxiv.org/abs/2601.14249")
    await slack.settled()
    later = await ada.mention("help")
    await slack.until(lambda: bool(slack.thread(later)), what="all before it is done with")

    assert link in shown.unfurls
    assert plain.unfurls == again.unfurls == three.unfurls == {}
    assert other.unfurls.keys() <= {"https://arxiv.org/abs/2601.14249"}


def _papers(message: Message) -> list[str]:
    papers: list[str] = (message.metadata or {})["event_payload"]["papers"]
    return papers


def _home(slack: SlackServer, user: str) -> str:
    home = slack.home(user)
    return home.shown() if home is not None else ""


def _in_home(slack: SlackServer, user: str) -> set[str]:
    """The subscriptions with buttons in somebody's Home: "C1 1"."""
    home = slack.home(user)
    elements = home.elements() if home is not None else []
    return {element["value"] for element, _ in elements if "value" in element}


def _holds(ask: Callable[[], Awaitable[object]], wanted: object) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return await ask() == wanted

    return holds
