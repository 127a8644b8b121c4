"""arXiv's announcement feeds over HTTP, on its good and its bad days."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from adapters.arxiv.feed import HttpFeed
from adapters.arxiv.fetching import Timeouts, user_agent
from adapters.arxiv.pacing import InstallationPace, LocalSlots
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.errors import PapercourierError, PermanentError, TransientError
from tests.fakes import arxiv_faults as faults
from tests.fakes import arxiv_xml
from tests.fakes.arxiv_faults import Fault
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.shared_data import ARXIV_DATA, needs_shared

DAY = date(2026, 1, 21)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def arxiv(clock: FrozenClock) -> AsyncIterator[ArxivServer]:
    async with ArxivServer(clock=clock) as server:
        server.serve_feed(combined_feed)
        yield server


@pytest.fixture
def feed(arxiv: ArxivServer, clock: FrozenClock) -> HttpFeed:
    return feed_at(arxiv.url, clock)


def feed_at(url: str, clock: FrozenClock, *, read_seconds: float = 5) -> HttpFeed:
    return HttpFeed(
        base_url=url,
        pace=InstallationPace(LocalSlots(), clock),
        clock=clock,
        user_agent=user_agent("mailto:library@example.org"),
        timeouts=Timeouts(read_seconds=read_seconds),
        jitter=lambda: 0.5,
    )


def paper(number: int, *categories: str) -> Paper:
    return Paper(
        arxiv_id=f"2601.{number:05}",
        version=1,
        title=f"Paper {number}",
        abstract="We show it.",
        authors=("Ada Lovelace",),
        categories=categories,
    )


PAPERS = (
    paper(1, "cs.AI"),
    paper(2, "cs.CL", "cs.AI"),
    paper(3, "cs.LG"),
    paper(4, "math.ST", "cs.LG"),
)


def combined_feed(categories: tuple[str, ...]) -> bytes:
    """As arXiv does: new where the primary category is among those asked for, else cross."""
    announcements = [
        Announcement(
            known,
            AnnounceType.NEW if known.primary_category in categories else AnnounceType.CROSS,
            DAY,
        )
        for known in PAPERS
        if set(known.categories) & set(categories)
    ]
    return arxiv_xml.rss(announcements, DAY, title=", ".join(categories))


def many_papers(categories: tuple[str, ...]) -> bytes:
    """1,200 papers in each category, and never more than 2,000 in an answer."""
    announcements = [
        Announcement(paper(1200 * n + i, category), AnnounceType.NEW, DAY)
        for n, category in enumerate(sorted(categories))
        for i in range(1200)
    ]
    return arxiv_xml.rss(announcements[:2000], DAY)


# --- a good day ----------------------------------------------------------------------------


async def test_one_request_brings_the_papers_of_all_categories(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    reading = await feed.read(["cs.AI", "cs.LG"])

    assert [(a.paper.arxiv_id, a.announce_type.value) for a in reading.announcements] == [
        ("2601.00001", "new"),
        ("2601.00002", "cross"),
        ("2601.00003", "new"),
        ("2601.00004", "cross"),
    ]
    assert reading.announced_on == DAY
    assert [call.path for call in arxiv.calls] == ["/rss/cs.AI+cs.LG"]


async def test_we_introduce_ourselves_with_a_contact(feed: HttpFeed, arxiv: ArxivServer) -> None:
    await feed.read(["cs.AI"])

    agent = arxiv.calls[0].headers["User-Agent"]
    assert agent.startswith("papercourier/")
    assert "mailto:library@example.org" in agent


async def test_a_feed_that_did_not_change_is_not_sent_again(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    first = await feed.read(["cs.AI"])

    second = await feed.read(["cs.AI"], etag=first.etag)

    assert not first.unchanged
    assert second.unchanged
    assert second.announcements == ()
    assert second.etag == first.etag
    assert [call.status for call in arxiv.calls] == [200, 304]


async def test_the_same_category_twice_is_asked_for_once(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    await feed.read(["cs.AI", "cs.AI"])

    assert [call.path for call in arxiv.calls] == ["/rss/cs.AI"]


async def test_no_category_needs_no_request(feed: HttpFeed, arxiv: ArxivServer) -> None:
    reading = await feed.read([])

    assert reading.announcements == ()
    assert arxiv.calls == []


async def test_a_base_address_may_name_the_atom_folder(
    arxiv: ArxivServer, clock: FrozenClock
) -> None:
    await feed_at(f"{arxiv.url}/atom/", clock).read(["cs.AI"])

    assert [call.path for call in arxiv.calls] == ["/atom/cs.AI"]


@needs_shared
async def test_a_recorded_day_is_read_whole(feed: HttpFeed, arxiv: ArxivServer) -> None:
    folder = ARXIV_DATA / "feeds" / "2026-01-21"
    arxiv.serve_feed(folder / "cs.AI+cs.CL+cs.DC+cs.LG.xml")

    reading = await feed.read(["cs.AI", "cs.CL", "cs.DC", "cs.LG"])

    assert len(reading.announcements) == 725
    assert reading.announced_on == DAY
    assert reading.left_out == ()


# --- more than one answer holds ------------------------------------------------------------


async def test_a_full_answer_is_asked_for_again_in_halves(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.serve_feed(many_papers)

    reading = await feed.read(["cs.AI", "cs.CL"])

    assert [call.path for call in arxiv.calls] == ["/rss/cs.AI+cs.CL", "/rss/cs.AI", "/rss/cs.CL"]
    assert reading.left_out == ()
    # Each half has the same 1,200 IDs here, and a paper is announced once.
    assert len(reading.announcements) == 1200


async def test_halves_say_of_each_paper_what_the_whole_would_say(
    feed: HttpFeed, arxiv: ArxivServer, clock: FrozenClock
) -> None:
    def full_when_combined(categories: tuple[str, ...]) -> bytes:
        return many_papers(categories) if len(categories) > 2 else combined_feed(categories)

    wanted = ["cs.CL", "cs.LG", "cs.AI", "math.ST"]
    arxiv.serve_feed(full_when_combined)
    in_halves = await feed.read(wanted)
    arxiv.serve_feed(combined_feed)
    whole = await feed_at(arxiv.url, clock).read(wanted)

    assert {a.paper.arxiv_id: a.announce_type for a in in_halves.announcements} == {
        a.paper.arxiv_id: a.announce_type for a in whole.announcements
    }


async def test_a_single_category_that_is_full_says_that_papers_may_be_missing(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.serve_feed(lambda _: many_papers(("cs.AI", "cs.CL")))

    reading = await feed.read(["cs.LG"])

    assert len(reading.left_out) == 1
    assert "cs.LG ends after 2,000 items" in reading.left_out[0]


async def test_an_address_too_long_for_proxies_is_split(feed: HttpFeed, arxiv: ArxivServer) -> None:
    wanted = [
        f"cs.{first}{second}" for first in "ABCDEFGHIJKLMNOPQRS" for second in "ABCDEFGHIJKLMN"
    ]
    wanted += [f"astro-ph.{letter}{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]

    await feed.read(wanted)

    asked = [c for call in arxiv.calls for c in call.path.removeprefix("/rss/").split("+")]
    assert len(arxiv.calls) == 2
    assert sorted(asked) == sorted(wanted)
    assert max(len(f"{arxiv.url}{call.path}") for call in arxiv.calls) <= 1800


async def test_a_reading_in_halves_that_did_not_change_is_not_sent_again(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.serve_feed(many_papers)
    first = await feed.read(["cs.AI", "cs.CL"])
    arxiv.calls.clear()

    second = await feed.read(["cs.AI", "cs.CL"], etag=first.etag)

    assert second.unchanged
    assert second.etag == first.etag
    assert [(call.path, call.status) for call in arxiv.calls] == [
        ("/rss/cs.AI", 304),
        ("/rss/cs.CL", 304),
    ]


async def test_when_one_half_changed_the_reading_is_whole_again(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.serve_feed(lambda asked: many_papers(asked) if len(asked) > 1 else combined_feed(asked))
    first = await feed.read(["cs.AI", "cs.LG"])
    changed = arxiv_xml.rss([Announcement(paper(9, "cs.LG"), AnnounceType.NEW, DAY)], DAY)
    arxiv.serve_feed(lambda asked: changed if asked == ("cs.LG",) else combined_feed(asked))

    second = await feed.read(["cs.AI", "cs.LG"], etag=first.etag)

    assert not second.unchanged
    assert {a.paper.arxiv_id for a in second.announcements} == {
        "2601.00001",
        "2601.00002",
        "2601.00009",
    }


@pytest.mark.parametrize("etag", ['{"cs.AI": "a"}', "{broken", "{}", '{"cs.CV+cs.RO": "b"}'])
async def test_an_etag_of_other_categories_is_forgotten(
    feed: HttpFeed, arxiv: ArxivServer, etag: str
) -> None:
    reading = await feed.read(["cs.AI", "cs.CL"], etag=etag)

    assert not reading.unchanged
    assert [call.path for call in arxiv.calls] == ["/rss/cs.AI+cs.CL"]
    assert "If-None-Match" not in arxiv.calls[0].headers


# --- a bad day -----------------------------------------------------------------------------

FLEETING = {
    "slow down": (faults.status(429), "asks us to slow down (429)"),
    "failing": (faults.status(500), "failed to answer (500)"),
    "gateway": (faults.status(502), "failed to answer (502)"),
    "busy": (faults.status(503), "is busy or being repaired (503)"),
    "cut": (faults.cut(), "broke off in the middle"),
    "reset": (faults.reset(), "broke off in the middle"),
    "half a feed": (faults.body(combined_feed(("cs.AI",))[:-60]), "was cut in the middle"),
    "garbage": (faults.garbage(), "something that is no feed"),
    "a web page": (faults.body(b"<html><body>Please log in</body></html>"), "no feed"),
    "nothing": (faults.body(b""), "something that is no feed"),
}


@pytest.mark.parametrize("fault", [fault for fault, _ in FLEETING.values()], ids=FLEETING)
async def test_a_fleeting_fault_is_sat_out(
    feed: HttpFeed, arxiv: ArxivServer, fault: Fault
) -> None:
    arxiv.fail("/rss/", fault, fault)

    reading = await feed.read(["cs.AI"])

    assert len(reading.announcements) == 2
    assert len(arxiv.calls) == 3


@pytest.mark.parametrize(("fault", "sentence"), FLEETING.values(), ids=FLEETING)
async def test_a_lasting_fault_is_one_clear_sentence(
    feed: HttpFeed, arxiv: ArxivServer, fault: Fault, sentence: str
) -> None:
    arxiv.fail_always("/rss/", fault)

    with pytest.raises(TransientError) as caught:
        await feed.read(["cs.AI"])

    assert sentence in str(caught.value)
    assert is_one_sentence(caught.value)
    assert len(arxiv.calls) == 3


async def test_an_answer_that_is_no_http_is_a_fleeting_fault(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.fail_always("/rss/", faults.noise())

    with pytest.raises(TransientError) as caught:
        await feed.read(["cs.AI"])

    assert is_one_sentence(caught.value)


async def test_silence_ends_after_the_time_we_give_it(
    arxiv: ArxivServer, clock: FrozenClock
) -> None:
    never = asyncio.Event()
    arxiv.fail_always("/rss/", faults.silence(never))

    with pytest.raises(TransientError, match="did not answer in time"):
        await feed_at(arxiv.url, clock, read_seconds=0.05).read(["cs.AI"])

    never.set()


async def test_a_host_that_is_not_there_is_named(clock: FrozenClock) -> None:
    async with ArxivServer() as closed:
        url = closed.url

    with pytest.raises(TransientError, match=r"cannot be reached at 127\.0\.0\.1"):
        await feed_at(url, clock).read(["cs.AI"])


@pytest.mark.parametrize("code", [429, 503])
async def test_the_wait_arxiv_asks_for_is_kept(
    feed: HttpFeed, arxiv: ArxivServer, clock: FrozenClock, code: int
) -> None:
    arxiv.fail("/rss/", faults.status(code, retry_after=37))

    await feed.read(["cs.AI"])

    first, second = (call.begun_at for call in arxiv.calls)
    assert (second - first).total_seconds() == 37
    assert clock.slept == [37]


async def test_a_wait_may_be_given_as_a_date(
    feed: HttpFeed, arxiv: ArxivServer, clock: FrozenClock
) -> None:
    clock.move_to(datetime(2026, 1, 21, 6, 0, tzinfo=UTC))
    arxiv.fail("/rss/", faults.status(503, retry_after="Wed, 21 Jan 2026 06:00:45 GMT"))

    await feed.read(["cs.AI"])

    assert clock.slept == [45]


async def test_a_wait_of_more_than_a_minute_is_left_to_the_caller(
    feed: HttpFeed, arxiv: ArxivServer, clock: FrozenClock
) -> None:
    arxiv.fail_always("/rss/", faults.status(429, retry_after=3600))

    with pytest.raises(TransientError, match="in 3600 seconds") as caught:
        await feed.read(["cs.AI"])

    assert caught.value.retry_after == 3600
    assert len(arxiv.calls) == 1
    assert clock.slept == []


async def test_attempts_are_further_and_further_apart(
    feed: HttpFeed, arxiv: ArxivServer, clock: FrozenClock
) -> None:
    arxiv.fail_always("/rss/", faults.status(500))

    with pytest.raises(TransientError):
        await feed.read(["cs.AI"])

    assert clock.slept == [4, 12]


async def test_a_refusal_stops_the_source(
    feed: HttpFeed, arxiv: ArxivServer, clock: FrozenClock
) -> None:
    arxiv.fail("/rss/", faults.status(403))

    with pytest.raises(PermanentError, match="write to help@arxiv") as first:
        await feed.read(["cs.AI"])
    clock.advance(seconds=3600)
    with pytest.raises(PermanentError) as second:
        await feed.read(["cs.AI"])

    assert first.value.code == second.value.code == "forbidden"
    assert is_one_sentence(first.value)
    assert len(arxiv.calls) == 1


async def test_half_a_day_after_a_refusal_we_ask_again(
    feed: HttpFeed, arxiv: ArxivServer, clock: FrozenClock
) -> None:
    arxiv.fail("/rss/", faults.status(403))
    with pytest.raises(PermanentError):
        await feed.read(["cs.AI"])

    clock.advance(days=0.5)
    reading = await feed.read(["cs.AI"])

    assert len(reading.announcements) == 2


@pytest.mark.parametrize(
    "body", [arxiv_xml.rss_error("cs.XX", "Bad subject class 'XX'"), b"", b"Bad Request"]
)
async def test_a_question_arxiv_does_not_understand_is_not_repeated(
    feed: HttpFeed, arxiv: ArxivServer, body: bytes
) -> None:
    arxiv.fail("/rss/", faults.status(400, body=body))

    with pytest.raises(PermanentError, match=r"[Cc]heck the categories") as caught:
        await feed.read(["cs.XX"])

    assert caught.value.code == "bad_query"
    assert len(arxiv.calls) == 1


async def test_arxivs_own_words_tell_what_was_wrong(feed: HttpFeed, arxiv: ArxivServer) -> None:
    arxiv.serve_feed(lambda _: arxiv_xml.rss_error("cs.XX", "Bad subject class 'XX'"))

    with pytest.raises(PermanentError, match="Bad subject class 'XX'"):
        await feed.read(["cs.XX"])


async def test_a_good_looking_feed_with_status_400_is_not_believed(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.fail("/rss/", faults.status(400, body=combined_feed(("cs.AI",))))

    with pytest.raises(PermanentError) as caught:
        await feed.read(["cs.AI"])

    assert caught.value.code == "bad_query"


async def test_we_do_not_follow_arxiv_to_a_stranger(feed: HttpFeed, arxiv: ArxivServer) -> None:
    async with ArxivServer() as stranger:
        arxiv.fail("/rss/", faults.redirect(f"{stranger.url}/rss/cs.AI"))

        with pytest.raises(PermanentError, match="sends us to 127") as caught:
            await feed.read(["cs.AI"])

        assert caught.value.code == "redirected"
        assert stranger.calls == []


async def test_a_redirect_within_the_host_takes_a_turn_of_its_own(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.fail("/rss/cs.AI", faults.redirect("/rss/cs.LG"))

    reading = await feed.read(["cs.AI"])

    first, second = (call.begun_at for call in arxiv.calls)
    assert {a.paper.arxiv_id for a in reading.announcements} == {"2601.00003", "2601.00004"}
    assert (second - first).total_seconds() >= 3


@pytest.mark.parametrize("target", ["ftp://arxiv.org/rss", "http://[::1", "//evil.example/rss"])
async def test_a_redirect_to_nowhere_we_go_is_one_sentence(
    feed: HttpFeed, arxiv: ArxivServer, target: str
) -> None:
    arxiv.fail("/rss/", faults.redirect(target))

    with pytest.raises(PermanentError) as caught:
        await feed.read(["cs.AI"])

    assert caught.value.code == "redirected"


async def test_redirects_that_go_round_and_round_end(feed: HttpFeed, arxiv: ArxivServer) -> None:
    arxiv.fail_always("/rss/", faults.redirect("/rss/cs.AI"))

    with pytest.raises(PermanentError, match="one address after another"):
        await feed.read(["cs.AI"])

    assert len(arxiv.calls) == 5


async def test_a_feed_of_fifty_megabytes_is_not_read_to_its_end(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    arxiv.fail("/rss/", faults.huge(50_000_000))

    with pytest.raises(PermanentError, match="more than 30 MB") as caught:
        await feed.read(["cs.AI"])

    assert caught.value.code == "too_large"
    assert is_one_sentence(caught.value)


async def test_an_address_that_is_none_is_one_sentence(clock: FrozenClock) -> None:
    with pytest.raises(PermanentError, match="check it in the settings"):
        await feed_at("http://[nonsense", clock).read(["cs.AI"])


# --- pace ----------------------------------------------------------------------------------


async def test_readings_at_once_are_one_connection_and_three_seconds_apart(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    await asyncio.gather(*(feed.read(["cs.AI"]) for _ in range(6)))

    begun = [call.begun_at for call in arxiv.calls]
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(begun)]
    assert arxiv.most_open == 1
    assert min(pauses) >= 3


async def test_a_reading_that_is_cancelled_leaves_the_connection_to_the_next(
    feed: HttpFeed, arxiv: ArxivServer
) -> None:
    never = asyncio.Event()
    arxiv.fail("/rss/", faults.silence(never))
    hanging = asyncio.create_task(feed.read(["cs.AI"]))
    await arxiv.called.wait()
    hanging.cancel()

    reading = await feed.read(["cs.AI"])

    never.set()
    assert len(reading.announcements) == 2


def is_one_sentence(error: PapercourierError) -> bool:
    text = str(error)
    return "\n" not in text and text.endswith(".") and ". " not in text and len(text) < 200
