"""Thumbs move what is ranked: in previews, digests asked for and digests that are due."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.terminal.render import TerminalRenderer
from bot.services.planning import PlanningService
from bot.services.rarity import RarityService
from tests.fakes.world import World, paper

PHONES = [
    paper(
        f"2601.1000{n}",
        f"Cache on phones {word}",
        abstract="Flash storage on handheld phones streams weights.",
    )
    for n, word in enumerate(("quickly", "slowly"))
]
PLANES = [
    paper(f"2601.0000{n}", f"Cache on planes {word}", abstract="Turbine blades in aircraft wear.")
    for n, word in enumerate(("quickly", "slowly"))
]


@pytest.fixture
async def world() -> World:
    """A day later than one of which the phones were liked; equals stand by ID: planes first."""
    world = World()
    await world.ask("subscribe cs.CL kw:cache min:1")
    world.feed.papers = (PLANES[0], PHONES[0])
    await world.ask("now")
    await world.ask(f"like {PHONES[0].arxiv_id}")
    world.clock.advance(days=1)
    world.feed.papers = (PLANES[1], PHONES[1])
    world.feed.day = world.clock.now().date()
    return world


async def previewed(world: World) -> list[str]:
    digest = (await world.ask("preview 1")).digest
    assert digest is not None
    return [entry.paper.arxiv_id for entry in digest.entries]


def order_of(text: str) -> list[str]:
    return sorted((PLANES[1].title, PHONES[1].title), key=text.index)


async def test_what_is_like_a_liked_paper_moves_up_and_says_so(world: World) -> None:
    reply = await world.ask("preview 1")

    assert reply.digest is not None
    first = reply.digest.entries[0]
    assert first.paper == PHONES[1]
    assert any(reason.where == "liked" and reason.points > 0 for reason in first.reasons)


async def test_without_learning_and_after_forgetting_it_stands_where_it_stood(
    world: World,
) -> None:
    await world.ask("settings learning:off")
    off = await previewed(world)
    await world.ask("settings learning:on")
    on = await previewed(world)
    await world.ask("forget")

    assert off == [PLANES[1].arxiv_id, PHONES[1].arxiv_id]
    assert on == off[::-1]
    assert await previewed(world) == off


async def test_a_digest_asked_for_is_ranked_by_thumbs(world: World) -> None:
    await world.ask("now")

    assert order_of(world.messenger.sent[-1]) == [PHONES[1].title, PLANES[1].title]


async def test_a_digest_that_is_due_is_ranked_by_thumbs(world: World) -> None:
    await world.ingest.ingest(["cs.CL"])
    open_unit = world.database.unit_of_work
    planning = PlanningService(
        open_unit=open_unit,
        renderers={"terminal": TerminalRenderer()},
        summaries=world.summaries,
        rarity=RarityService(open_unit=open_unit, clock=world.clock),
    )
    world.clock.advance(seconds=3 * 3600)

    await planning.plan_due(world.clock.now(), patience=timedelta(0))
    await world.delivery.deliver_due()

    assert order_of(world.messenger.sent[-1]) == [PHONES[1].title, PLANES[1].title]


async def test_a_dry_run_is_ranked_by_thumbs(world: World) -> None:
    await world.ask("now")

    digest = (await world.ask("preview 1 days:1")).digest

    assert digest is not None
    assert digest.entries[0].paper == PHONES[1]


async def test_why_tells_a_paper_not_shown_what_thumbs_gave_it(world: World) -> None:
    await world.ask("edit 1 min:50")
    await world.ask("now")

    why = (await world.ask(f"why {PHONES[1].arxiv_id}")).text

    assert "(liked)" in why
    assert "it lacks" in why
