"""Variety as people meet it: in digests, and in why."""

from dataclasses import replace

import pytest

from bot.domain.papers import Paper
from tests.fakes.world import World, paper


def by(one: Paper, *authors: str) -> Paper:
    return replace(one, authors=authors)


GROUP = tuple(
    by(
        paper(f"2601.0000{n}", f"Cache cache {word}", abstract=f"A cache for {word}."),
        "A Li",
        "B Wu",
    )
    for n, word in enumerate(("phones", "trains", "planes"), start=1)
)
OTHER = by(paper("2601.00009", "Tea", abstract="A cache that keeps tea warm."), "Cy Xu")


@pytest.fixture
def world() -> World:
    world = World()
    world.feed.papers = (*GROUP, OTHER)
    return world


async def test_a_groups_third_paper_gives_way_and_why_says_to_whom(world: World) -> None:
    await world.ask("subscribe cs.CL kw:cache min:0.5 top:3")

    await world.ask("now")
    why = (await world.ask(f"why {GROUP[2].arxiv_id}")).text

    [digest] = world.messenger.sent
    assert OTHER.title in digest
    assert GROUP[2].title not in digest
    assert "left its place to others after 2601.00001, 2601.00002 of the same authors" in why


async def test_the_formula_seed_knows_no_variety(world: World) -> None:
    await world.ask("subscribe cs.CL kw:cache min:0.5 top:3 formula:seed")

    await world.ask("now")
    why = (await world.ask(f"why {OTHER.arxiv_id}")).text

    [digest] = world.messenger.sent
    assert all(each.title in digest for each in GROUP)
    assert "better papers took the 3 places" in why
