"""Where each page and feed is found from another one: relative always, so that any path serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FEED_KINDS = {"rss": "xml", "atom": "xml", "json": "json"}


def paper_slug(arxiv_id: str) -> str:
    """A paper's name in addresses: old IDs hold a slash, which would be a folder."""
    return arxiv_id.replace("/", "_")


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses as one page sees them: `root` leads from it to the index, as "" or "../" does."""

    root: str = ""
    is_static: bool = True  # files with their endings, or the addresses of the service

    @property
    def suffix(self) -> str:
        """What ends a page's address."""
        return ".html" if self.is_static else ""

    @property
    def index(self) -> str:
        """The first page."""
        return f"{self.root}index.html" if self.is_static else self.root or "./"

    @property
    def search(self) -> str:
        """The search."""
        return f"{self.root}search{self.suffix}"

    @property
    def trends(self) -> str:
        """The trends."""
        return f"{self.root}trends{self.suffix}"

    def day(self, on: date) -> str:
        """A day's page."""
        return f"{self.root}days/{on}{self.suffix}"

    def paper(self, arxiv_id: str) -> str:
        """A paper's page."""
        return f"{self.root}papers/{paper_slug(arxiv_id)}{self.suffix}"

    def asset(self, name: str) -> str:
        """A style sheet or script."""
        return f"{self.root}assets/{name}"

    def feed(self, kind: str, category: str | None = None) -> str:
        """The feed of kind "rss", "atom" or "json"; of one category where given."""
        ending = f".{FEED_KINDS[kind]}" if self.is_static else ""
        if category is not None:
            return f"{self.root}{kind}/{category}{ending}"
        if kind == "json":
            return f"{self.root}feed.json"
        return f"{self.root}{kind}{ending}"
