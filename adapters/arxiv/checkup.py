"""Whether arXiv answers us, how fast, and whether our clock agrees with its."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.arxiv.feed_xml import MAX_FEED_BYTES, parse_feed
from adapters.arxiv.fetching import Answer, Fetcher
from bot.domain.checkup import Finding, fault, note, well
from bot.ports import Clock

_TOPIC = "arXiv"
_CLOCK = "clock"
_SKEW_SECONDS = 120.0  # beyond that digests come visibly early or late
_PACE_SECONDS = 3.0  # what arXiv asks for


class ArxivCheckup:
    """An `Examination`: reads one feed, in turn like every other request."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        clock: Clock,
        feed_url: str,
        category: str,
        contact: str | None,
        spacing_seconds: float,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._feed_url = feed_url
        self._category = category
        self._contact = contact
        self._spacing_seconds = spacing_seconds

    async def __call__(self) -> Sequence[Finding]:
        """Raises TransientError and PermanentError when arXiv cannot be read."""
        answer = await self._fetcher.get(
            f"{self._feed_url.rstrip('/')}/rss/{self._category}",
            what="arXiv's feed",
            max_bytes=MAX_FEED_BYTES,
        )
        announcements = parse_feed(answer.body).announcements
        findings = [
            well(
                _TOPIC,
                f"{self._feed_url} answers: {len(announcements)} announcements in "
                f"{self._category}; one request every {self._spacing_seconds:g} s.",
            ),
            self._clock_finding(answer),
        ]
        if self._spacing_seconds < _PACE_SECONDS:
            findings.append(
                note(
                    _TOPIC,
                    "arxiv.request_spacing_seconds is under 3, which arXiv does not allow for its "
                    "own hosts.",
                )
            )
        if not self._contact:
            findings.append(
                note(
                    _TOPIC,
                    "no contact is told to arXiv, which makes it throttle sooner: set "
                    "arxiv.contact in config.json to a mail or web address.",
                )
            )
        return findings

    def _clock_finding(self, answer: Answer) -> Finding:
        if answer.sent_at is None:
            return note(_CLOCK, "could not be compared: arXiv's answer carried no date.")
        skew = (self._clock.now() - answer.sent_at).total_seconds()
        if abs(skew) > _SKEW_SECONDS:
            direction = "ahead of" if skew > 0 else "behind"
            return fault(
                _CLOCK,
                f"this machine's clock is {abs(skew):,.0f} seconds {direction} arXiv's, so digests "
                "come at the wrong time: let NTP set it.",
            )
        return well(_CLOCK, "agrees with arXiv's.")
