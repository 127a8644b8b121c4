"""Pages and feeds as a browser and a feed reader ask for them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
import feedparser
import pytest
from yarl import URL

from adapters.web.metrics import PrometheusTelemetry
from adapters.web.pages import Pages
from adapters.web.public_feeds import PrivateFeed
from adapters.web.server import WebServer
from bot.domain.published import FeedItem, Publication
from bot.errors import TransientError
from bot.services.worker import open_worker
from tests.contract.samples import a_subscription
from tests.fakes.digests import ENTRY
from tests.fakes.publications import NEWEST, PUBLICATION, UPDATED_AT, later

TOKEN = "7-" + "a" * 32


@dataclass
class Shop:
    """What the pages are made of, for a test to change."""

    publication: Publication = PUBLICATION
    trouble: Exception | None = None
    private: dict[str, PrivateFeed] = field(
        default_factory=lambda: {
            TOKEN: PrivateFeed(
                a_subscription("cs.CL"), TOKEN, (FeedItem(ENTRY, NEWEST),), UPDATED_AT
            )
        }
    )
    made: int = 0
    looked: int = 0

    async def publish(self) -> Publication:
        self.made += 1
        if self.trouble is not None:
            raise self.trouble
        return self.publication

    async def find_private(self, token: str) -> PrivateFeed | None:
        self.looked += 1
        return self.private.get(token)


@dataclass(frozen=True)
class Running:
    url: str
    session: aiohttp.ClientSession
    pages: Pages

    async def get(self, path: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(
            self.url + path, headers=named, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text(), answer.headers


@asynccontextmanager
async def running(shop: Shop, *, private_seconds: float = 60.0) -> AsyncIterator[Running]:
    with open_worker("pages") as worker:
        pages = Pages(
            publish=shop.publish,
            find_private=shop.find_private,
            about={"categories": ["cs.LG"]},
            base_url="https://papers.example",
            worker=worker,
            private_seconds=private_seconds,
        )
        server = WebServer(
            host="127.0.0.1", port=0, telemetry=PrometheusTelemetry(), alive={}, ready={}
        )
        server.add_routes(pages.routes())
        await pages.renew()
        async with server, aiohttp.ClientSession() as session:
            yield Running(server.url, session, pages)


@pytest.fixture
async def site() -> AsyncIterator[Running]:
    async with running(Shop()) as site:
        yield site


@pytest.mark.parametrize(
    ("path", "media_type", "telling"),
    [
        ("/", "text/html", "Sharing KV Caches between Models"),
        ("/days/2026-01-19", "text/html", "Attention with λ-regularised Caches"),
        ("/days/2026-01-16", "text/html", "None of 12 papers"),
        ("/papers/2601.00007", "text/html", "Numbers checked: 2 of 3"),
        ("/papers/hep-th_9901001", "text/html", "Strings &amp; Things"),
        ("/papers/2601.00007v1", "text/html", "Numbers checked: 2 of 3"),
        ("/search", "text/html", "search-index.js"),
        ("/trends", "text/html", "Papers a day"),
        ("/assets/site.css", "text/css", "--paper"),
        ("/assets/search-index.js", "text/javascript", "2601.00007"),
        ("/rss", "application/rss+xml", "2601.13824v1"),
        ("/atom", "application/atom+xml", "2601.13824v1"),
        ("/feed.json", "application/feed+json", "2601.13824v1"),
        ("/rss/cs.CL", "application/rss+xml", "2601.00007v1"),
        ("/config", "application/json", "cs.LG"),
        (f"/feeds/{TOKEN}.xml", "application/rss+xml", "2601.13824v1"),
        (f"/feeds/{TOKEN}.atom", "application/atom+xml", "2601.13824v1"),
    ],
)
async def test_every_address_answers(
    site: Running, path: str, media_type: str, telling: str
) -> None:
    status, body, headers = await site.get(path)

    assert status == 200
    assert headers["Content-Type"].startswith(media_type)
    assert telling in body


@pytest.mark.parametrize("path", ["/", "/rss", "/papers/2601.00007", f"/feeds/{TOKEN}.xml"])
async def test_a_browser_that_has_it_is_told_so(site: Running, path: str) -> None:
    _, _, headers = await site.get(path)

    by_tag = await site.get(path, If_None_Match=headers["ETag"])
    by_date = await site.get(path, If_Modified_Since=headers["Last-Modified"])
    by_other_tag = await site.get(
        path, If_None_Match='"other"', If_Modified_Since=headers["Last-Modified"]
    )

    assert (by_tag[0], by_tag[1], by_tag[2]["ETag"]) == (304, "", headers["ETag"])
    assert by_date[0] == 304
    assert by_other_tag[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/days/2026-01-20",
        "/days/2026-13-99",
        "/papers/2601.99999",
        "/papers/..%2f..%2fetc%2fpasswd",
        "/papers/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2fpages.py",
        "/assets/%2e%2e%2f%2e%2e%2fconfig.json",
        "/assets/pages.py",
        "/rss/cs.CV",
        "/rss/..%2f..",
        "/feeds/7-" + "b" * 32 + ".xml",
        "/feeds/7.xml",
        "/feeds/..%2f..%2fpages.xml",
        "/archive/2026-01-21.json",
        "/.env",
        "//etc/passwd",
    ],
)
async def test_what_is_not_there_is_not_found_whatever_its_name(site: Running, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.url.rsplit(":", 1)[1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()

    assert answer.startswith("HTTP/1.1 404")
    assert "root:" not in answer
    assert "Traceback" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/papers/hep-th/9901001%0d%0aX-Injected:%20yes",
        "/papers/2601.00007%0d%0aX-Injected:%20yes",
        "/days/2026-01-21%0d%0aX-Injected:%20yes",
        "/assets/site.css%0d%0aX-Injected:%20yes",
        f"/feeds/{TOKEN}%0d%0aX-Injected:%20yes.xml",
        "/search?q=%0d%0aX-Injected:%20yes",
    ],
)
async def test_no_address_puts_a_header_into_the_answer(site: Running, path: str) -> None:
    async with site.session.get(
        URL(site.url + path, encoded=True), allow_redirects=False
    ) as answer:
        headers = answer.headers

    assert "X-Injected" not in headers
    assert not any("yes" in value for value in headers.values())


@pytest.mark.parametrize("path", ["/", "/rss", "/search", f"/feeds/{TOKEN}.xml", "/healthz"])
async def test_asked_for_the_head_alone_it_sends_the_same_head_and_no_body(
    site: Running, path: str
) -> None:
    async with site.session.get(site.url + path) as whole:
        wanted = {name: whole.headers.get(name) for name in ("ETag", "Content-Type")}
    async with site.session.head(site.url + path) as answer:
        body = await answer.read()

    assert answer.status == whole.status == 200
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert body == b""


async def test_a_search_is_the_browsers_work_however_long_it_is(site: Running) -> None:
    plain = await site.get("/search")
    long = await site.get(f"/search?q={'x' * 4_000}")
    huge = await site.get(f"/search?q={'x' * 100_000}")

    assert (long[0], long[2]["ETag"]) == (200, plain[2]["ETag"])
    assert huge[0] == 400


async def test_an_old_id_with_its_slash_leads_to_its_page(site: Running) -> None:
    status, _, headers = await site.get("/papers/hep-th/9901001")

    assert (status, headers["Location"]) == (301, "../hep-th_9901001")


async def test_links_of_every_page_are_relative_and_lead_somewhere(site: Running) -> None:
    found: set[str] = set()
    for path in ("/", "/days/2026-01-21", "/papers/2601.00007", "/trends", "/search"):
        _, body, _ = await site.get(path)
        for link in re.findall(r'(?:href|src)="([^"#]+)', body):
            if not link.startswith("https://arxiv.org/"):
                assert not link.startswith(("/", "http")), link
                found.add(str(URL(site.url + path).join(URL(link))))

    for address in sorted(found):
        async with site.session.get(address) as answer:
            assert answer.status == 200, address
    assert len(found) > 15


async def test_nothing_is_asked_of_other_hosts_and_scripts_are_our_own(site: Running) -> None:
    _, body, headers = await site.get("/")

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert re.findall(r"<script(?! src=)", body) == []
    assert " style=" not in body


async def test_a_private_feed_is_kept_from_robots_and_ends_with_its_link() -> None:
    shop = Shop()
    async with running(shop, private_seconds=0.0) as site:
        _, before, headers = await site.get(f"/feeds/{TOKEN}.xml")
        shop.private.clear()
        status, after, _ = await site.get(f"/feeds/{TOKEN}.xml")

    assert TOKEN not in before
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Cache-Control"] == "private, no-cache"
    assert (status, "opens no feed" in after) == (404, True)


async def test_many_readers_of_one_private_feed_cost_one_look() -> None:
    shop = Shop()
    async with running(shop) as site:
        answers = [await site.get(f"/feeds/{TOKEN}.{ending}") for ending in ("xml", "atom", "xml")]

    assert [status for status, _, _ in answers] == [200] * 3
    assert shop.looked == 1


async def test_a_new_day_is_taken_up_and_trouble_leaves_what_is_there() -> None:
    shop = Shop()
    async with running(shop) as site:
        _, _, before = await site.get("/rss")
        shop.publication = later(PUBLICATION)
        await site.pages.renew()
        status, body, after = await site.get("/rss")
        shop.trouble = TransientError("The database is busy.")
        with pytest.raises(TransientError):
            await site.pages.renew()
        still, _, _ = await site.get("/")

    assert (status, still) == (200, 200)
    assert "Of the day after" in body
    assert before["ETag"] != after["ETag"]


async def test_the_pages_are_renewed_while_they_are_kept_whatever_goes_wrong() -> None:
    shop, looked = Shop(), asyncio.Semaphore(0)

    async def publish() -> Publication:
        looked.release()
        return await shop.publish()

    with open_worker("pages") as worker:
        pages = Pages(
            publish=publish,
            find_private=shop.find_private,
            about={},
            base_url=None,
            worker=worker,
            look_seconds=0.0,
        )
        shop.trouble = ZeroDivisionError()
        async with pages.kept(), asyncio.timeout(10):
            for _ in range(3):
                await looked.acquire()
            shop.trouble = None
            for _ in range(3):
                await looked.acquire()

    assert shop.made >= 6


async def test_many_who_ask_at_once_get_the_same_page_made_once(site: Running) -> None:
    answers = await asyncio.gather(*(site.get("/days/2026-01-21") for _ in range(40)))

    assert {status for status, _, _ in answers} == {200}
    assert len({headers["ETag"] for _, _, headers in answers}) == 1


async def test_feeds_name_their_own_address_except_private_ones(site: Running) -> None:
    _, rss, _ = await site.get("/rss/cs.CL")
    _, private, _ = await site.get(f"/feeds/{TOKEN}.atom")

    assert "https://papers.example/rss/cs.CL" in rss
    assert feedparser.parse(rss).bozo == 0
    assert "/feeds/" not in private


async def test_an_empty_publication_has_its_pages_too() -> None:
    shop = Shop(publication=replace(PUBLICATION, days=()))
    async with running(shop) as site:
        answers = [await site.get(path) for path in ("/", "/search", "/trends", "/rss", "/atom")]

    assert [status for status, _, _ in answers] == [200] * 5
    assert "No papers yet" in answers[0][1]
