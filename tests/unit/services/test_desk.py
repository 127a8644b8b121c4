"""What people type, and what they get."""

import json

import pytest

from bot.domain.commands import Audience
from bot.errors import TransientError, UserError
from tests.fakes.world import CHANNEL, WEDNESDAY, World, paper

CACHE = paper("2601.00001", "Sharing the KV cache", abstract="A KV cache is shared and reused.")
ROBOT = paper("2601.00002", "A robot folds towels", abstract="Towels are folded by a robot.")
SURVEY = paper("2601.00003", "A survey of the KV cache", abstract="We survey the KV cache.")
NEXT_DAY = paper("2601.00004", "KV cache eviction", abstract="The KV cache is evicted in order.")


@pytest.fixture
def world() -> World:
    world = World()
    world.feed.papers = (CACHE, ROBOT, SURVEY)
    return world


async def test_subscribing_is_said_in_the_channel_with_the_next_digest(world: World) -> None:
    reply = await world.ask('subscribe cs.CL kw:"kv cache" -survey at:09:00 on:weekdays')

    assert reply.audience is Audience.CHANNEL
    assert reply.text.startswith("Subscribed: #1 cs.CL")
    assert "Wed 21 Jan 2026 09:00" in reply.text


async def test_subscribing_again_to_the_same_categories_changes_that_subscription(
    world: World,
) -> None:
    await world.ask("subscribe cs.CL cs.LG kw:LLM")

    reply = await world.ask("subscribe cs.LG cs.CL min:3")

    assert reply.text.startswith("Changed: #1")
    listed = (await world.ask("list")).text
    assert listed.count("#") == 1
    assert "LLM" in listed
    assert "at least 3" in listed


async def test_now_posts_what_matches_and_only_once(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey')

    first = await world.ask("now")
    second = await world.ask("now")

    assert first.text == "Posting 1 paper of 3 announced Wed 21 Jan 2026."
    assert second.text.startswith("Nothing new was announced in cs.CL")
    [digest] = world.messenger.sent
    assert CACHE.title in digest
    assert SURVEY.title not in digest


async def test_now_asked_again_says_again_why_there_is_nothing(world: World) -> None:
    world.feed.papers = ()
    await world.ask('subscribe cs.CL kw:"kv cache"')
    first = await world.ask("now")
    world.clock.advance(seconds=1)

    second = await world.ask("now")

    assert second.text == first.text
    assert world.messenger.sent == []


async def test_the_next_days_digest_has_only_new_papers(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey')
    await world.ask("now")
    world.clock.advance(days=1)
    world.feed.papers = (CACHE, NEXT_DAY)
    world.feed.day = world.clock.now().date()

    await world.ask("now")

    assert NEXT_DAY.title in world.messenger.sent[1]
    assert CACHE.title not in world.messenger.sent[1]


async def test_yesterdays_papers_under_todays_date_are_called_stale(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache"')
    await world.ask("now")
    world.clock.advance(days=1)
    world.feed.day = world.clock.now().date()

    reply = await world.ask("now")

    assert len(world.messenger.sent) == 1
    assert "holds only papers that were announced before" in reply.text
    assert "stale" in (await world.ask("status")).text


async def test_a_feed_that_fails_is_told_and_nothing_is_lost(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey')
    world.feed.error = TransientError("arXiv's feed does not answer: try again later.")

    failed = await world.ask("now")
    world.feed.error = None
    later = await world.ask("now")

    assert "arXiv's feed does not answer" in failed.text
    assert later.text.startswith("Posting 1 paper")


async def test_nothing_matched_names_the_best_that_missed(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey min:90')

    reply = await world.ask("now")

    assert "of the 90 needed" in reply.text
    assert CACHE.arxiv_id in reply.text


async def test_a_preview_posts_nothing_and_forgets_itself(world: World) -> None:
    preview = await world.ask('preview cs.CL kw:"kv cache" -survey')

    assert preview.digest is not None
    assert [entry.paper for entry in preview.digest.entries] == [CACHE]
    assert world.messenger.sent == []
    assert "no subscription yet" in (await world.ask("list")).text


async def test_a_preview_shows_what_was_posted_already(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey')
    await world.ask("now")

    preview = await world.ask("preview 1")

    assert preview.digest is not None
    assert [entry.paper for entry in preview.digest.entries] == [CACHE]


async def test_why_tells_the_points_of_a_paper_that_was_shown(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey')
    await world.ask("now")

    reply = await world.ask(f"why {CACHE.arxiv_id}")

    assert "shown on Wed 21 Jan 2026 as no. 1 of 1" in reply.text
    assert "kv cache +" in reply.text


@pytest.mark.parametrize(
    ("arxiv_id", "reason"),
    [
        (SURVEY.arxiv_id, "“survey”"),
        (ROBOT.arxiv_id, "none of the terms occurs in it"),
        ("2601.09999", "was not announced in any category watched here"),
    ],
)
async def test_why_tells_what_kept_a_paper_out(world: World, arxiv_id: str, reason: str) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey')
    await world.ask("now")

    reply = await world.ask(f"why {arxiv_id}")

    assert reason in reply.text


async def test_paused_is_paused_until_resumed(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")

    paused = await world.ask("pause")
    listed = await world.ask("list")
    resumed = await world.ask("resume")

    assert "`resume 1`" in paused.text
    assert "Paused: paused by a person." in listed.text
    assert "next digest Wed 21 Jan 2026 09:00" in resumed.text


async def test_a_channel_that_refused_us_is_tried_again_on_resume(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")
    await world.ask("subscribe cs.LG kw:LLM")
    async with world.database.unit_of_work() as unit:
        await unit.destinations.disable(
            CHANNEL, code="is_archived", reason="The channel is archived.", now=WEDNESDAY
        )
        await unit.commit()

    refused = await world.ask("status")
    resumed = await world.ask("resume")

    assert "The channel is archived." in refused.text
    assert "written to again" in resumed.text
    assert "archived" not in (await world.ask("status")).text


async def test_unsubscribing_and_coming_back_does_not_repeat_papers(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache" -survey')
    await world.ask("now")
    await world.ask("unsubscribe")

    await world.ask('subscribe cs.CL kw:"kv cache" -survey')
    await world.ask("now")

    assert len(world.messenger.sent) == 1


async def test_several_subscriptions_need_a_number(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")
    await world.ask("subscribe cs.LG kw:LLM")

    with pytest.raises(UserError, match="say which by its number"):
        await world.ask("unsubscribe")
    with pytest.raises(UserError, match="there is 1, 2"):
        await world.ask("unsubscribe 3")


async def test_who_does_not_manage_the_channel_may_look_but_not_change(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")

    listed = await world.ask("list", may_manage=False)

    assert "#1" in listed.text
    with pytest.raises(UserError, match="Only people who manage this channel"):
        await world.ask("unsubscribe 1", may_manage=False)


async def test_where_members_may_change_everybody_may() -> None:
    world = World(only_managers_change=False)

    reply = await world.ask("subscribe cs.CL kw:LLM", may_manage=False)

    assert reply.text.startswith("Subscribed")


async def test_a_sentence_that_does_nothing_is_accepted_with_the_mend() -> None:
    world = World(no_embeddings="set embeddings.enabled to true in config.json")
    doubt = "`about:` does nothing yet: to let it, set embeddings.enabled to true"

    subscribed = await world.ask('subscribe cs.CL about:"cheap inference"')
    edited = await world.ask('edit 1 about:"cheap, fast inference"')
    ended = await world.ask("edit 1 about:off")
    settings = await world.ask('settings about:"cheap inference"')
    beside = await world.ask("settings tz:Europe/Berlin")
    plain = await world.ask("subscribe cs.LG kw:LLM about:none")

    assert "about “cheap inference”" in subscribed.text
    for reply in (subscribed, edited, settings):
        assert doubt in reply.text
        assert not reply.is_error
    for reply in (ended, beside, plain):
        assert doubt not in reply.text


async def test_the_formula_that_knows_no_sentences_says_so(world: World) -> None:
    counted = await world.ask('subscribe cs.CL about:"cheap inference"')
    uncounted = await world.ask("edit 1 formula:seed")

    assert "formula" not in counted.text
    assert "The formula “seed” knows no `about:`" in uncounted.text


async def test_sentences_come_back_from_an_export(world: World) -> None:
    await world.ask('subscribe cs.CL about:"cheap, fast inference","the other" kw:LLM')
    exported = await world.ask("export")
    assert exported.attachment is not None

    imported = await World().ask(f"import {exported.attachment.content}")

    assert "about “cheap, fast inference”, “the other”" in imported.text


async def test_settings_are_what_new_subscriptions_start_from(world: World) -> None:
    await world.ask("settings tz:Europe/Berlin min:4 at:07:30")

    reply = await world.ask("subscribe cs.CL kw:LLM")

    assert "score at least 4" in reply.text
    assert "07:30 (Europe/Berlin)" in reply.text


async def test_editing_keeps_what_is_not_said(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM min:2 tz:Europe/Berlin")

    reply = await world.ask("edit 1 top:3")

    for kept in ("LLM", "at least 2", "at most 3", "Europe/Berlin"):
        assert kept in reply.text


async def test_two_subscriptions_cannot_have_the_same_categories(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")
    await world.ask("subscribe cs.LG kw:LLM")

    with pytest.raises(UserError, match="`unsubscribe 1` first"):
        await world.ask("edit 2 cs.CL")


async def test_an_export_is_whole_and_comes_back(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache",LLM^2 -survey @"Tri Dao" min:2.5 at:07:00')
    export = (await world.ask("export")).attachment
    assert export is not None
    other = World()

    reply = await other.ask(f"import {export.content}")

    assert reply.text.startswith("Imported 1 subscriptions")
    again = (await other.ask("export")).attachment
    assert again is not None
    assert json.loads(again.content) == json.loads(export.content)


@pytest.mark.parametrize(
    "document",
    ["{", "[]", '{"papercourier": 1}', '{"papercourier": 9, "subscriptions": []}', "[" * 5_000],
)
async def test_what_is_no_export_is_refused_in_words(world: World, document: str) -> None:
    with pytest.raises(UserError, match=r"export|JSON"):
        await world.ask(f"import {document}")


async def test_a_summary_without_a_model_is_the_abstracts_own_sentences(world: World) -> None:
    world.catalogue.papers = {CACHE.arxiv_id: CACHE}

    reply = await world.ask(f"summarize {CACHE.arxiv_id}")

    assert reply.summary is not None
    assert reply.summary.is_extract
    assert reply.summary.sections[0].text in CACHE.abstract


async def test_a_search_shows_papers_and_an_empty_one_says_what_to_try(world: World) -> None:
    world.catalogue.papers = {CACHE.arxiv_id: CACHE}

    found = await world.ask("search KV cache")
    missed = await world.ask("search gravity")

    assert [entry.paper for entry in found.papers] == [CACHE]
    assert "try fewer words" in missed.text


async def test_status_before_anything_says_where_to_begin(world: World) -> None:
    world.clock.advance(seconds=13 * 3_600)  # long after the feed was to be there

    reply = await world.ask("status")

    assert "has not been looked at yet" in reply.text
    assert "`subscribe cs.CL` starts one" in reply.text
    assert "late" not in reply.text  # that is for arXiv, when it was asked and had nothing


async def test_status_says_once_what_the_last_look_at_the_feed_found(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")
    await world.ask("now")

    reply = await world.ask("status")

    assert "Last look at the feed: 0 minutes ago, 3 papers, 3 of them new." in reply.text


async def test_a_feed_looked_at_a_moment_ago_is_not_asked_again(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")

    await world.ask("now")
    await world.ask("preview 1")

    assert len(world.feed.asked) == 1


async def test_a_category_never_asked_for_is_looked_at_at_once(world: World) -> None:
    await world.ask("subscribe cs.CL kw:LLM")
    await world.ask("now")

    await world.ask("preview cs.RO kw:towel")

    assert world.feed.asked[-1] == ("cs.CL", "cs.RO")
