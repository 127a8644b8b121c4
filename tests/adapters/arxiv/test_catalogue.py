"""arXiv's catalogue through the arxiv package, on its good and its bad days."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from adapters.arxiv.catalogue import Catalogue
from adapters.arxiv.fetching import Timeouts, user_agent
from adapters.arxiv.pacing import InstallationPace, LocalSlots
from bot.domain.papers import ArxivId, Paper
from bot.errors import PapercourierError, PermanentError, TransientError, UserError
from tests.fakes import arxiv_faults as faults
from tests.fakes import arxiv_xml
from tests.fakes.arxiv_faults import Fault
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.shared_data import ARXIV_DATA, needs_shared

NOON = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)


def paper(number: int, *, after_noon: timedelta = timedelta(0), category: str = "cs.AI") -> Paper:
    return Paper(
        arxiv_id=f"2601.{number:05}",
        version=2,
        title=f"Paper {number} of Erdős & Rényi",
        abstract="We show it.",
        authors=("Ada Lovelace", "Alan Turing"),
        categories=(category, "cs.LG"),
        submitted_at=NOON + after_noon,
        doi="10.1000/1",
        journal_ref="Acta 1 (2026)",
        comment="8 pages",
    )


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def arxiv(clock: FrozenClock) -> AsyncIterator[ArxivServer]:
    async with ArxivServer(clock=clock, papers=[paper(1), paper(2)]) as server:
        yield server


@pytest.fixture
def catalogue(arxiv: ArxivServer, clock: FrozenClock) -> Catalogue:
    return catalogue_at(arxiv.url, clock)


def catalogue_at(
    url: str, clock: FrozenClock, *, page_size: int = 1000, read_seconds: float = 5
) -> Catalogue:
    return Catalogue(
        api_url=url,
        pace=InstallationPace(LocalSlots(), clock),
        clock=clock,
        user_agent=user_agent("mailto:library@example.org"),
        timeouts=Timeouts(read_seconds=read_seconds),
        page_size=page_size,
        jitter=lambda: 0.5,
    )


def id_of(text: str) -> ArxivId:
    return ArxivId.parse(text)


# --- one paper -----------------------------------------------------------------------------


async def test_a_paper_is_found_with_all_that_arxiv_tells_of_it(catalogue: Catalogue) -> None:
    found = await catalogue.get(id_of("2601.00001"))

    assert found == paper(1)


async def test_the_version_asked_for_is_given(catalogue: Catalogue) -> None:
    found = await catalogue.get(id_of("2601.00001v2"))

    assert found.version == 2


async def test_a_version_that_is_not_there_names_the_mend(catalogue: Catalogue) -> None:
    with pytest.raises(UserError, match=r"has no paper 2601\.00001v7: .* leave out v7") as caught:
        await catalogue.get(id_of("2601.00001v7"))

    assert is_one_sentence(caught.value)


async def test_an_unknown_id_is_one_clear_sentence(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    with pytest.raises(UserError) as caught:
        await catalogue.get(id_of("2601.99999"))

    assert str(caught.value) == "arXiv has no paper 2601.99999: check the number."
    assert len(arxiv.calls) == 1


async def test_an_id_arxiv_does_not_take_is_one_clear_sentence(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    refusal = arxiv_xml.api_error("incorrect id format for 2601.00001")
    arxiv.fail("/api/", faults.status(400, body=refusal))

    with pytest.raises(UserError, match=r"does not take 2601\.00001 for an ID: write") as caught:
        await catalogue.get(id_of("2601.00001"))

    assert is_one_sentence(caught.value)
    assert len(arxiv.calls) == 1


async def test_an_error_entry_with_status_200_is_no_paper(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.fail("/api/", faults.body(arxiv_xml.api_error("incorrect id format for 2601.00001")))

    with pytest.raises(UserError, match="for an ID"):
        await catalogue.get(id_of("2601.00001"))


async def test_another_paper_than_the_one_asked_for_is_never_given(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    answer = arxiv_xml.api([paper(2)], total=1, start=0, page=10)
    arxiv.fail("/api/", faults.body(answer))

    with pytest.raises(UserError, match=r"has no paper 2601\.00001"):
        await catalogue.get(id_of("2601.00001"))


async def test_latex_in_a_record_becomes_readable(arxiv: ArxivServer, clock: FrozenClock) -> None:
    arxiv.papers = [
        replace(
            paper(1),
            title="On Erd\\H{o}s graphs",
            authors=("Jos\\'e Garc\\'ia",),
            abstract="First part,\ncontinued.\n  Second part.",
        )
    ]

    found = await catalogue_at(arxiv.url, clock).get(id_of("2601.00001"))

    assert found.title == "On Erdős graphs"
    assert found.authors == ("José García",)
    assert found.abstract == "First part, continued.\n\nSecond part."


async def test_we_introduce_ourselves_to_the_catalogue_too(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    await catalogue.get(id_of("2601.00001"))

    assert "mailto:library@example.org" in arxiv.calls[0].headers["User-Agent"]


@pytest.mark.parametrize("path", ["", "/", "/api", "/api/query"])
async def test_the_address_may_be_that_of_the_host_or_of_the_query(
    arxiv: ArxivServer, clock: FrozenClock, path: str
) -> None:
    await catalogue_at(arxiv.url + path, clock).get(id_of("2601.00001"))

    assert [call.path for call in arxiv.calls] == ["/api/query"]


# --- recorded answers ----------------------------------------------------------------------


@pytest.fixture
async def recorded(clock: FrozenClock) -> AsyncIterator[Catalogue]:
    async with ArxivServer(clock=clock, recorded=ARXIV_DATA / "raw") as server:
        yield catalogue_at(server.url, clock)


@needs_shared
@pytest.mark.parametrize(
    ("asked", "title", "first_author", "submitted_on"),
    [
        ("1605.08386", "Heat-bath random walks with Markov bases", "Caprice Stanley", "2016-05-26"),
        (
            "https://arxiv.org/abs/astro-ph/0601001",
            "Frequency of Hot Jupiters and Very Hot Jupiters from the OGLE-III Transit",
            "Andrew Gould",
            "2006-01-02",
        ),
        ("quant-ph/0201082v1", "Quantum Computers and Quantum Com", "Stephen Blaha", "2002-01-18"),
    ],
)
async def test_recorded_records_are_read(
    recorded: Catalogue, asked: str, title: str, first_author: str, submitted_on: str
) -> None:
    found = await recorded.get(id_of(asked))

    assert found.arxiv_id == id_of(asked).value
    assert found.title.startswith(title)
    assert found.authors[0] == first_author
    assert f"{found.submitted_at:%Y-%m-%d}" == submitted_on


@needs_shared
async def test_a_recorded_answer_without_entries_is_an_unknown_paper(recorded: Catalogue) -> None:
    with pytest.raises(UserError, match=r"arXiv has no paper 0808\.05394: check the number"):
        await recorded.get(ArxivId("0808.05394"))


@needs_shared
async def test_a_recorded_refusal_of_an_id_is_a_sentence(recorded: Catalogue) -> None:
    with pytest.raises(UserError, match="does not take abc for an ID"):
        await recorded.get(ArxivId("abc"))


@needs_shared
async def test_a_recorded_search_gives_the_papers_in_arxivs_order(recorded: Catalogue) -> None:
    found = await recorded.search("testing", limit=10)

    assert len(found) == 10
    assert found[0].versioned_id == "2202.12139v1"
    assert found[0].categories == ("cs.SE", "cs.LG")
    assert found[0].doi == "10.1109/ICSTW55395.2022.00035"


# --- search --------------------------------------------------------------------------------


async def test_a_search_gives_no_more_than_was_asked_for(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.papers = [paper(n) for n in range(1, 30)]

    found = await catalogue.search("Paper", limit=5)

    assert [p.arxiv_id for p in found] == [f"2601.0000{n}" for n in range(1, 6)]
    assert len(arxiv.calls) == 1
    assert arxiv.calls[0].query["search_query"] == "all:Paper"


async def test_a_search_that_finds_nothing_is_no_error(catalogue: Catalogue) -> None:
    assert await catalogue.search("xylophone", limit=5) == ()


async def test_a_search_for_nothing_asks_nobody(catalogue: Catalogue, arxiv: ArxivServer) -> None:
    with pytest.raises(UserError, match="Say what to search for"):
        await catalogue.search("  ", limit=5)

    assert await catalogue.search("words", limit=0) == ()
    assert arxiv.calls == []


async def test_a_search_arxiv_does_not_understand_is_one_clear_sentence(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.fail("/api/", faults.status(400, body=b"<html>Bad Request</html>"))

    with pytest.raises(UserError, match=r"not understand the search “cat:cs\.CL AND”") as caught:
        await catalogue.search("cat:cs.CL AND", limit=5)

    assert is_one_sentence(caught.value)


async def test_a_short_page_does_not_make_the_package_ask_out_of_turn(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.total_lies = 5000

    found = await catalogue.search("Paper", limit=100)

    assert len(found) == 2
    assert len(arxiv.calls) == 1


# --- a window ------------------------------------------------------------------------------


async def test_the_papers_of_a_window_come_oldest_first_over_all_pages(
    arxiv: ArxivServer, clock: FrozenClock
) -> None:
    arxiv.papers = [paper(n, after_noon=timedelta(minutes=30 - n)) for n in range(1, 26)]

    found = await catalogue_at(arxiv.url, clock, page_size=10).submitted_between(
        ["cs.AI", "cs.CL"], NOON, NOON + timedelta(hours=1)
    )

    assert [p.arxiv_id for p in found] == [f"2601.{n:05}" for n in range(25, 0, -1)]
    assert [call.query["start"] for call in arxiv.calls] == ["0", "10", "20"]


async def test_each_page_takes_a_turn_of_the_pace(arxiv: ArxivServer, clock: FrozenClock) -> None:
    arxiv.papers = [paper(n) for n in range(1, 26)]

    await catalogue_at(arxiv.url, clock, page_size=10).submitted_between(
        ["cs.AI"], NOON, NOON + timedelta(hours=1)
    )

    begun = [call.begun_at for call in arxiv.calls]
    assert len(begun) == 3
    assert min((later - earlier).total_seconds() for earlier, later in pairwise(begun)) >= 3
    assert arxiv.most_open == 1


async def test_a_window_takes_its_start_in_and_leaves_its_end_out(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    second = timedelta(seconds=1)
    arxiv.papers = [
        paper(1, after_noon=-second),
        paper(2),
        paper(3, after_noon=timedelta(hours=1) - second),
        paper(4, after_noon=timedelta(hours=1)),
    ]

    found = await catalogue.submitted_between(["cs.AI"], NOON, NOON + timedelta(hours=1))

    assert [p.arxiv_id for p in found] == ["2601.00002", "2601.00003"]


async def test_cross_lists_belong_to_the_window_of_their_category(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.papers = [paper(1, category="math.ST"), paper(2, category="q-bio.NC")]

    found = await catalogue.submitted_between(["cs.LG"], NOON, NOON + timedelta(hours=1))

    assert [p.primary_category for p in found] == ["math.ST", "q-bio.NC"]


@pytest.mark.parametrize(
    ("categories", "hours"), [([], 1), (["cs.AI"], 0), (["cs.AI"], -1)], ids=str
)
async def test_an_empty_window_asks_nobody(
    catalogue: Catalogue, arxiv: ArxivServer, categories: list[str], hours: int
) -> None:
    found = await catalogue.submitted_between(categories, NOON, NOON + timedelta(hours=hours))

    assert found == ()
    assert arxiv.calls == []


async def test_a_window_without_papers_is_empty(catalogue: Catalogue, arxiv: ArxivServer) -> None:
    arxiv.papers = []

    assert await catalogue.submitted_between(["cs.AI"], NOON, NOON + timedelta(hours=1)) == ()


async def test_more_papers_than_arxiv_gives_is_one_clear_sentence(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.total_lies = 41_000

    with pytest.raises(UserError, match=r"41,000 papers .* at most 30,000") as caught:
        await catalogue.submitted_between(["cs.AI"], NOON, NOON + timedelta(days=90))

    assert is_one_sentence(caught.value)
    assert len(arxiv.calls) == 1


async def test_many_categories_are_asked_for_in_several_short_questions(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.papers = [paper(1), paper(2, category="cs.AA99")]
    categories = ["cs.AI", "cs.LG", *(f"cs.AA{n}" for n in range(100))]

    found = await catalogue.submitted_between(categories, NOON, NOON + timedelta(hours=1))

    assert [p.arxiv_id for p in found] == ["2601.00001", "2601.00002"]
    assert len(arxiv.calls) == 2


# --- a bad day -----------------------------------------------------------------------------

_ONE = arxiv_xml.api([paper(1)], total=1, start=0, page=10)
FLEETING = {
    "slow down": (faults.status(429), "asks us to slow down (429)"),
    "failing": (faults.status(500), "failed to answer (500)"),
    "busy": (faults.status(503), "is busy or being repaired (503)"),
    "cut": (faults.cut(_ONE[:400]), "broke off in the middle"),
    "reset": (faults.reset(), "broke off in the middle"),
    "no HTTP": (faults.noise(), "broke off in the middle"),
    "half an answer": (faults.body(_ONE[:-40]), "broke off in the middle"),
    "garbage": (faults.garbage(), "something we cannot read"),
    "a web page": (faults.body(b"<html><body>Please log in</body></html>"), "we cannot read"),
    "nothing": (faults.body(b""), "something we cannot read"),
    "a date that is none": (faults.body(_ONE.replace(b"2026-01", b"soon")), "we cannot read"),
    "empty although there are results": (
        faults.body(arxiv_xml.api([], total=214_881, start=0, page=10)),
        "says it has 214,881 papers and sends none",
    ),
}


@pytest.mark.parametrize("fault", [fault for fault, _ in FLEETING.values()], ids=FLEETING)
async def test_a_fleeting_fault_is_sat_out(
    catalogue: Catalogue, arxiv: ArxivServer, fault: Fault
) -> None:
    arxiv.fail("/api/", fault, fault)

    found = await catalogue.get(id_of("2601.00001"))

    assert found == paper(1)
    assert len(arxiv.calls) == 3


@pytest.mark.parametrize(("fault", "sentence"), FLEETING.values(), ids=FLEETING)
async def test_a_lasting_fault_is_one_clear_sentence(
    catalogue: Catalogue, arxiv: ArxivServer, fault: Fault, sentence: str
) -> None:
    arxiv.fail_always("/api/", fault)

    with pytest.raises(TransientError) as caught:
        await catalogue.get(id_of("2601.00001"))

    assert sentence in str(caught.value)
    assert is_one_sentence(caught.value)
    assert len(arxiv.calls) == 3


async def test_an_empty_page_in_the_middle_of_a_window_is_asked_for_again(
    arxiv: ArxivServer, clock: FrozenClock
) -> None:
    arxiv.papers = [paper(n) for n in range(1, 6)]
    arxiv.empty_pages = 1

    found = await catalogue_at(arxiv.url, clock, page_size=3).submitted_between(
        ["cs.AI"], NOON, NOON + timedelta(hours=1)
    )

    assert len(found) == 5
    assert [call.query["start"] for call in arxiv.calls] == ["0", "0", "3"]


async def test_the_wait_arxiv_asks_for_is_kept(
    catalogue: Catalogue, arxiv: ArxivServer, clock: FrozenClock
) -> None:
    arxiv.fail("/api/", faults.status(503, retry_after=41))

    await catalogue.get(id_of("2601.00001"))

    assert clock.slept == [41]


async def test_a_wait_of_more_than_a_minute_is_left_to_the_caller(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.fail_always("/api/", faults.status(429, retry_after=900))

    with pytest.raises(TransientError, match="in 900 seconds") as caught:
        await catalogue.get(id_of("2601.00001"))

    assert caught.value.retry_after == 900
    assert len(arxiv.calls) == 1


async def test_a_refusal_stops_the_catalogue(catalogue: Catalogue, arxiv: ArxivServer) -> None:
    arxiv.fail("/api/", faults.status(403))

    for _ in range(2):
        with pytest.raises(PermanentError) as caught:
            await catalogue.get(id_of("2601.00001"))
        assert caught.value.code == "forbidden"

    assert is_one_sentence(caught.value)
    assert len(arxiv.calls) == 1


async def test_a_refusal_is_logged_as_an_alarm(
    catalogue: Catalogue, arxiv: ArxivServer, caplog: pytest.LogCaptureFixture
) -> None:
    arxiv.fail("/api/", faults.status(403))

    with caplog.at_level(logging.ERROR), pytest.raises(PermanentError):
        await catalogue.search("words", limit=3)

    assert [record.getMessage() for record in caplog.records] == ["arxiv.refused"]


async def test_silence_ends_after_the_time_we_give_it(
    arxiv: ArxivServer, clock: FrozenClock
) -> None:
    never = asyncio.Event()
    arxiv.fail_always("/api/", faults.silence(never))

    with pytest.raises(TransientError, match="did not answer in time"):
        await catalogue_at(arxiv.url, clock, read_seconds=0.05).get(id_of("2601.00001"))

    never.set()


async def test_a_host_that_is_not_there_is_named(clock: FrozenClock) -> None:
    async with ArxivServer() as closed:
        url = closed.url

    with pytest.raises(TransientError, match=r"cannot be reached at 127\.0\.0\.1"):
        await catalogue_at(url, clock).get(id_of("2601.00001"))


@pytest.mark.parametrize("url", ["http://[nonsense", "gopher://127.0.0.1", "export.arxiv.org"])
async def test_an_address_that_is_none_is_one_clear_sentence(clock: FrozenClock, url: str) -> None:
    with pytest.raises(PermanentError, match="address we cannot read: check it") as caught:
        await catalogue_at(url, clock).get(id_of("2601.00001"))

    assert caught.value.code == "bad_address"


async def test_we_do_not_follow_the_catalogue_to_a_stranger(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    async with ArxivServer(papers=[paper(1)]) as stranger:
        arxiv.fail("/api/", faults.redirect(f"{stranger.url}/api/query?id_list=2601.00001"))

        with pytest.raises(PermanentError, match=r"sends us to 127\.0\.0\.1: set ARXIV_API_URL"):
            await catalogue.get(id_of("2601.00001"))

        assert stranger.calls == []


async def test_an_answer_of_fifty_megabytes_is_not_read_to_its_end(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    arxiv.fail("/api/", faults.huge(50_000_000))

    with pytest.raises(PermanentError, match="more than 30 MB"):
        await catalogue.get(id_of("2601.00001"))


async def test_one_who_goes_away_leaves_the_connection_to_its_request(
    catalogue: Catalogue, arxiv: ArxivServer
) -> None:
    """A thread cannot be stopped, so the next request waits until its answer is there."""
    answer = asyncio.Event()
    arxiv.fail("/api/", faults.silence(answer))
    leaving = asyncio.create_task(catalogue.get(id_of("2601.00001")))
    await arxiv.called.wait()
    leaving.cancel()
    await asyncio.wait({leaving})

    staying = asyncio.create_task(catalogue.get(id_of("2601.00002")))
    await asyncio.sleep(0)
    answer.set()
    found = await staying

    assert found == paper(2)
    assert arxiv.most_open == 1


def is_one_sentence(error: PapercourierError) -> bool:
    text = str(error)
    return "\n" not in text and text.endswith(".") and ". " not in text and len(text) < 200
