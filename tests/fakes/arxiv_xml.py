"""arXiv's XML, written from papers: feeds in the format of rss.arxiv.org, answers of the API."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

from bot.domain.papers import Announcement, Paper

_XML = "<?xml version='1.0' encoding='UTF-8'?>\n"


def rss(announcements: Sequence[Announcement], day: date, *, title: str = "cs.AI") -> bytes:
    """A day's announcement feed."""
    items = "".join(_item(announcement, day) for announcement in announcements)
    return (
        f'{_XML}<rss xmlns:arxiv="http://arxiv.org/schemas/atom"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:atom="http://www.w3.org/2005/Atom" version="2.0">\n  <channel>\n'
        f"    <title>{escape(title)} updates on arXiv.org</title>\n"
        f"    <pubDate>{_midnight(day)}</pubDate>\n"
        f"{items}  </channel>\n</rss>\n"
    ).encode()


def rss_error(query: str, detail: str) -> bytes:
    """What the feeds say to a category that does not exist, with HTTP 400."""
    return (
        f'{_XML}<rss version="2.0"><channel>'
        f'<title>Feed error for query "{escape(query)}"</title>'
        f"<description>{escape(detail)}</description></channel></rss>\n"
    ).encode()


def api(papers: Sequence[Paper], *, total: int, start: int, page: int) -> bytes:
    """One page of the API's answer; `total` counts the papers of all pages."""
    entries = "".join(_entry(paper) for paper in papers)
    return _api_feed(entries, total=total, start=start, page=page)


def api_error(detail: str) -> bytes:
    """What the API says to a question it cannot read, with HTTP 400."""
    link = f"https://arxiv.org/api/errors#{escape(detail.replace(' ', '_'))}"
    entry = (
        f"  <entry>\n    <id>{link}</id>\n    <title>Error</title>\n"
        f"    <updated>{_instant(None)}</updated>\n    <summary>{escape(detail)}</summary>\n"
        "    <author><name>arXiv api core</name></author>\n  </entry>\n"
    )
    return _api_feed(entry, total=1, start=0, page=1)


def _api_feed(entries: str, *, total: int, start: int, page: int) -> bytes:
    return (
        f'{_XML}<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
        ' xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">\n'
        "  <id>https://arxiv.org/api/answer</id>\n  <title>arXiv Query</title>\n"
        f"  <updated>{_instant(None)}</updated>\n"
        f"  <opensearch:itemsPerPage>{page}</opensearch:itemsPerPage>\n"
        f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
        f"  <opensearch:startIndex>{start}</opensearch:startIndex>\n"
        f"{entries}</feed>\n"
    ).encode()


def _item(announcement: Announcement, day: date) -> str:
    paper, kind = announcement.paper, announcement.announce_type.value
    categories = "".join(f"      <category>{c}</category>\n" for c in paper.categories)
    return (
        f"    <item>\n      <title>{escape(paper.title)}</title>\n"
        f"      <link>{paper.abs_url}</link>\n"
        f"      <description>arXiv:{paper.versioned_id} Announce Type: {kind} \n"
        f"Abstract: {escape(paper.abstract)}</description>\n"
        f'      <guid isPermaLink="false">oai:arXiv.org:{paper.versioned_id}</guid>\n'
        f"{categories}      <pubDate>{_midnight(day)}</pubDate>\n"
        f"      <arxiv:announce_type>{kind}</arxiv:announce_type>\n"
        f"      <dc:creator>{escape(', '.join(paper.authors))}</dc:creator>\n    </item>\n"
    )


def _entry(paper: Paper) -> str:
    categories = "".join(f'    <category term="{c}"/>\n' for c in paper.categories)
    authors = "".join(f"    <author><name>{escape(a)}</name></author>\n" for a in paper.authors)
    optional = "".join(
        f"    <arxiv:{tag}>{escape(text)}</arxiv:{tag}>\n"
        for tag, text in (
            ("comment", paper.comment),
            ("journal_ref", paper.journal_ref),
            ("doi", paper.doi),
        )
        if text
    )
    return (
        f"  <entry>\n    <id>http://arxiv.org/abs/{paper.versioned_id}</id>\n"
        f"    <title>{escape(paper.title)}</title>\n"
        f"    <updated>{_instant(paper.submitted_at)}</updated>\n"
        f'    <link href="{paper.abs_url}" rel="alternate" type="text/html"/>\n'
        f"    <summary>{escape(paper.abstract)}</summary>\n{categories}"
        f"    <published>{_instant(paper.submitted_at)}</published>\n{optional}"
        f'    <arxiv:primary_category term="{paper.primary_category}"/>\n'
        f"{authors}  </entry>\n"
    )


def _midnight(day: date) -> str:
    return f"{day:%a, %d %b %Y} 00:00:00 -0500"


def _instant(moment: datetime | None) -> str:
    return f"{(moment or datetime(2026, 1, 1, tzinfo=UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
