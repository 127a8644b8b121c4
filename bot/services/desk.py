"""The desk: answers every command, the same for all platforms."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain import calendar
from bot.domain import commands as ask
from bot.domain.budgets import Payer
from bot.domain.commands import Actor, Attachment, Command, Reply
from bot.domain.papers import ArxivId, Paper
from bot.domain.silence import day
from bot.domain.subscriptions import Subscription
from bot.errors import UserError
from bot.ports import Clock, PaperSource, Progress, UnitOfWorkFactory, no_progress
from bot.services.budgets import BudgetService
from bot.services.desk_sentences import (
    describe,
    listed,
    paper_head,
    posting,
    preview_counts,
    shared,
    short_name,
    thumb_noted,
    unfurling,
    wish,
)
from bot.services.digests import DigestService, Slot
from bot.services.explaining import ExplainingService, local_time
from bot.services.feed_links import FeedLinkService
from bot.services.ingest import IngestService
from bot.services.meanings import doubts
from bot.services.questions import QuestionService
from bot.services.similar import SimilarService
from bot.services.subscribing import SubscribingService
from bot.services.summaries import SummaryService
from bot.services.thumbs import ThumbService
from bot.services.trying import TryingService, trial_digest, trial_lines

log = logging.getLogger(__name__)

_FRESH = timedelta(minutes=10)  # a feed looked at this recently is not asked again
_SEARCH_RESULTS = 10
_CHANGING = (
    ask.Subscribe,
    ask.Unsubscribe,
    ask.Edit,
    ask.Pause,
    ask.Resume,
    ask.Now,
    ask.Forget,
    ask.Settings,
    ask.Import,
    ask.EndFeedLink,
)


@dataclass(frozen=True, slots=True)
class DeskRules:
    """Settings of the desk."""

    only_managers_change: bool = True
    no_model: str = ""  # how to get one: "Set OPENAI_API_KEY"; "" where there is one
    no_embeddings: str = ""  # how to get those, likewise


@dataclass(frozen=True, slots=True)
class Library:
    """What can be told, and said, of single papers; and what lends it to feed readers."""

    catalogue: PaperSource
    summaries: SummaryService
    questions: QuestionService
    similar: SimilarService
    thumbs: ThumbService
    budgets: BudgetService | None = None  # None where there is no model
    progress: Progress = no_progress
    feed_links: FeedLinkService | None = None  # None where there are no pages


class Desk:
    """One door for Slack, Discord, buttons and the terminal."""

    def __init__(
        self,
        *,
        subscribing: SubscribingService,
        explaining: ExplainingService,
        digests: DigestService,
        ingest: IngestService,
        trying: TryingService,
        library: Library,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        help_text: Callable[[str | None], str],
        rules: DeskRules,
    ) -> None:
        self._subscribing = subscribing
        self._explaining = explaining
        self._digests = digests
        self._ingest = ingest
        self._trying = trying
        self._library = library
        self._open_unit = open_unit
        self._clock = clock
        self._help_text = help_text
        self._rules = rules
        self._answers: dict[type[Any], Callable[[Any, Actor], Awaitable[Reply]]] = {
            ask.Subscribe: self._subscribe,
            ask.Unsubscribe: self._unsubscribe,
            ask.ListSubscriptions: self._list,
            ask.Edit: self._edit,
            ask.Pause: self._pause,
            ask.Resume: self._resume,
            ask.Preview: self._preview,
            ask.Now: self._now,
            ask.Summarize: self._summarize,
            ask.Ask: self._ask,
            ask.Search: self._search,
            ask.Similar: self._similar,
            ask.Why: self._why,
            ask.Thumb: self._thumb,
            ask.Forget: self._forget,
            ask.Settings: self._settings,
            ask.Status: self._status,
            ask.FeedLink: self._feed_link,
            ask.EndFeedLink: self._end_feed_link,
            ask.Export: self._export,
            ask.Import: self._import,
            ask.Help: self._help,
        }

    async def answer(self, command: Command, actor: Actor) -> Reply:
        """The reply to `command`. Raises UserError, TransientError, PermanentError."""
        if (
            isinstance(command, _CHANGING)
            and self._rules.only_managers_change
            and not actor.may_manage
        ):
            raise UserError("Only people who manage this channel may do that: ask one of them.")
        return await self._answers[type(command)](command, actor)

    def asks_for_managers(self, command: Command) -> bool:
        """Whether `answer` will look at `Actor.may_manage`: finding that out may cost calls."""
        return isinstance(command, _CHANGING) and self._rules.only_managers_change

    async def sketch(self, actor: Actor, changes: ask.SubscriptionChanges) -> Subscription:
        """What `Subscribe(changes)` would start from here, for a form; nothing is stored."""
        return await self._subscribing.sketch(actor, changes)

    async def pick(self, actor: Actor, number: int | None) -> Subscription:
        """The subscription meant by `number`, or the only one. Raises UserError."""
        return await self._subscribing.pick(actor, number)

    async def channel_defaults(self, actor: Actor) -> ask.SubscriptionChanges:
        """What `settings` said for this channel."""
        return await self._subscribing.settings(actor, ask.SubscriptionChanges())

    async def paper(self, arxiv_id: ArxivId) -> Paper:
        """One paper. Raises UserError, TransientError, PermanentError."""
        return await self._paper(arxiv_id)

    async def _subscribe(self, command: ask.Subscribe, actor: Actor) -> Reply:
        subscription, is_new = await self._subscribing.subscribe(actor, command.changes)
        done = f"{'Subscribed' if is_new else 'Changed'}: {describe(subscription)}"
        return shared(self._with_doubts(done, [subscription], command.changes))

    async def _unsubscribe(self, command: ask.Unsubscribe, actor: Actor) -> Reply:
        ended = await self._subscribing.unsubscribe(actor, command.number)
        return shared(f"Unsubscribed from {', '.join(ended.interests.categories)}.")

    async def _list(self, _: ask.ListSubscriptions, actor: Actor) -> Reply:
        subscriptions = await self._subscribing.list(actor)
        if not subscriptions:
            return Reply("This channel has no subscription yet: `subscribe cs.CL` starts one.")
        return Reply("\n".join(describe(each) for each in subscriptions))

    async def _edit(self, command: ask.Edit, actor: Actor) -> Reply:
        changed = await self._subscribing.edit(actor, command.number, command.changes)
        done = f"Changed: {describe(changed)}"
        return shared(self._with_doubts(done, [changed], command.changes))

    def _with_doubts(
        self,
        text: str,
        subscriptions: Sequence[Subscription],
        said: ask.SubscriptionChanges | None = None,
    ) -> str:
        """`text`, and why sentences after `about:` do nothing, where something was said of them."""
        if said and said.interests.about is None and said.interests.formula is None:
            return text
        interests = [each.interests for each in subscriptions]
        return "\n".join([text, *doubts(interests, mend=self._rules.no_embeddings)])

    async def _pause(self, command: ask.Pause, actor: Actor) -> Reply:
        paused = await self._subscribing.pause(actor, command.number)
        return shared(f"Paused {short_name(paused)}: no digests until `resume {paused.number}`.")

    async def _resume(self, command: ask.Resume, actor: Actor) -> Reply:
        if command.number is None and await self._subscribing.try_again(actor):
            return shared("This channel is written to again: what waited for it goes out now.")
        resumed = await self._subscribing.resume(actor, command.number)
        return shared(f"Resumed {short_name(resumed)}: next digest {local_time(resumed)}.")

    async def _preview(self, command: ask.Preview, actor: Actor) -> Reply:
        """What the latest announcement would have brought, posted before or not."""
        if command.number is not None or command.changes.is_empty:
            picked = await self._subscribing.pick(actor, command.number)
            wanted = command.changes.apply(picked)
        else:
            wanted = await self._subscribing.sketch(actor, command.changes)
        await self._freshen(wanted.interests.categories)
        if command.days is not None:
            tried = await self._trying.run(wanted, days=command.days)
            return Reply("\n".join(trial_lines(tried, wanted)), digest=trial_digest(tried))
        async with self._open_unit() as unit:
            days = await unit.papers.announced_days(limit=1)
        cursor = await self._subscribing.before_latest_day(wanted.interests.categories)
        trial = replace(wanted, seen_through=cursor)
        [digest] = await self._digests.compose([trial], with_posted=True)
        announced_on = day(days[0][0]) if days else "no announcement yet"
        return Reply(
            f"Preview, nothing is posted. {preview_counts(digest, announced_on)}", digest=digest
        )

    async def _now(self, command: ask.Now, actor: Actor) -> Reply:
        subscription = await self._subscribing.pick(actor, command.number)
        await self._freshen(subscription.interests.categories)
        # Two at once cannot post a paper twice: what is posted is unique, whatever the slot.
        slot = Slot(f"now/{uuid.uuid4().hex}", self._next_run(subscription))
        digest = await self._digests.plan(subscription, slot)
        if digest is None:
            return Reply("This digest is being posted already.")
        if digest.is_empty:
            return Reply(digest.silence_reason)
        return Reply(posting(digest))

    async def _summarize(self, command: ask.Summarize, actor: Actor) -> Reply:
        paper = await self._paper(command.paper)
        summary = await self._library.summaries.get_or_write(
            paper,
            language=actor.language,
            payer=Payer.of(actor.destination, actor.user_id),
            progress=self._library.progress,
        )
        head = paper_head(paper)
        if summary.is_extract and self._rules.no_model:
            head = f"{head}\n{self._rules.no_model} for a summary of the full text."
        return Reply(head, summary=summary)

    async def _ask(self, command: ask.Ask, actor: Actor) -> Reply:
        paper = await self._paper(command.paper)
        answer = await self._library.questions.ask(
            paper,
            command.question,
            language=actor.language,
            payer=Payer.of(actor.destination, actor.user_id),
            progress=self._library.progress,
        )
        lines = [paper_head(paper), f"Question: {answer.question}"]
        if answer.is_passages and answer.quotes:
            lines.append("Passages of the paper that share its telling words; not an answer.")
        if answer.is_passages and self._rules.no_model:
            lines.append(f"{self._rules.no_model} for an answer from the full text.")
        return Reply("\n".join(lines), answer=answer)

    async def _similar(self, command: ask.Similar, _: Actor) -> Reply:
        paper, nearest, compared = await self._library.similar.similar(command.paper)
        if not nearest:
            return Reply(
                f"None of the {compared:,} papers stored in the last weeks shares telling words "
                f"with {paper.arxiv_id}: `search` asks all of arXiv."
            )
        return Reply(
            f"Like “{paper.title}” ({paper.versioned_id}), of {compared:,} papers stored in the "
            "last weeks; how like, and what they share, in percent:",
            papers=nearest,
        )

    async def _paper(self, arxiv_id: ArxivId) -> Paper:
        """As it was announced here, which digests summarise too; else as arXiv has it."""
        async with self._open_unit() as unit:
            stored = await unit.papers.get(arxiv_id.value)
        if stored is not None and arxiv_id.version in (None, stored.version):
            return stored
        return await self._library.catalogue.get(arxiv_id)

    async def _search(self, command: ask.Search, _: Actor) -> Reply:
        found = await self._library.catalogue.search(command.query, limit=_SEARCH_RESULTS)
        if not found:
            return Reply(
                f"arXiv has nothing for “{command.query}”: try fewer words, or `au:Name`, "
                "`ti:word`, `cat:cs.CL`."
            )
        return Reply(f"The best {len(found)} for “{command.query}”:", papers=listed(found))

    async def _why(self, command: ask.Why, actor: Actor) -> Reply:
        return Reply(await self._explaining.why(actor, command.paper))

    async def _thumb(self, command: ask.Thumb, actor: Actor) -> Reply:
        if command.vote is None:
            if await self._library.thumbs.take_back(actor, command.paper):
                return Reply(f"Your thumb on {command.paper.value} is taken back.")
            return Reply(f"You gave no thumb to {command.paper.value} here.")
        return Reply(
            thumb_noted(
                command, await self._library.thumbs.give(actor, command.paper, command.vote)
            )
        )

    async def _forget(self, command: ask.Forget, actor: Actor) -> Reply:
        subscriptions = await self._subscribing.list(actor)
        if command.number is not None or len(subscriptions) == 1:
            subscriptions = (await self._subscribing.pick(actor, command.number),)
        await self._library.thumbs.forget(subscriptions)
        whose = " and ".join(map(short_name, subscriptions)) or "this channel"
        return shared(f"Forgotten what was learned from thumbs for {whose}.")

    async def _settings(self, command: ask.Settings, actor: Actor) -> Reply:
        defaults = await self._subscribing.settings(actor, command.changes)
        sketch = await self._subscribing.sketch(actor, defaults)
        text = f"New subscriptions in this channel start from: {wish(sketch)}"
        subscriptions = await self._subscribing.list(actor)
        learned = await self._library.thumbs.learned(subscriptions)
        for each in subscriptions:
            if each.id in learned:
                text = f"{text}\n{short_name(each)}: {learned[each.id]}"
        if defaults.unfurl is not None or command.changes.unfurl is not None:
            text = f"{text}\n{unfurling(defaults.unfurl, actor)}"
        text = self._with_doubts(text, [sketch], command.changes)
        if command.changes.is_empty:
            return Reply(f"{text}\n`settings tz:Europe/Berlin lang:de` changes that.")
        return shared(text)

    async def _status(self, _: ask.Status, actor: Actor) -> Reply:
        text = await self._explaining.status(actor)
        if self._library.budgets is not None:
            workspace = Payer.of(actor.destination).workspace
            text = f"{text}\n{await self._library.budgets.line(workspace)}"
        return Reply(text)

    async def _feed_link(self, command: ask.FeedLink, actor: Actor) -> Reply:
        subscription = await self._subscribing.pick(actor, command.number)
        link = await self._feed_links().link(subscription)
        return Reply(
            f"The feed of {short_name(subscription)}: {link}\n"
            "Whoever has this address can read it: keep it to yourselves, or end it with "
            f"`feed {subscription.number} off`."
        )

    async def _end_feed_link(self, command: ask.EndFeedLink, actor: Actor) -> Reply:
        subscription = await self._subscribing.pick(actor, command.number)
        if not await self._feed_links().end(subscription):
            return Reply(f"{short_name(subscription)} has no feed address.")
        return shared(
            f"The feed address of {short_name(subscription)} opens nothing any more: "
            f"`feed {subscription.number}` gives a new one."
        )

    def _feed_links(self) -> FeedLinkService:
        if self._library.feed_links is None:
            raise UserError("There are no feeds here: `papercourier run` serves them.")
        return self._library.feed_links

    async def _export(self, _: ask.Export, actor: Actor) -> Reply:
        document = await self._subscribing.export(actor)
        return Reply(
            "This channel's subscriptions, for `import` elsewhere.",
            attachment=Attachment("papercourier-subscriptions.json", document),
        )

    async def _import(self, command: ask.Import, actor: Actor) -> Reply:
        imported = await self._subscribing.import_(actor, command.document)
        listed = "\n".join(describe(each) for each in imported)
        done = f"Imported {len(imported)} subscriptions.\n{listed}".rstrip()
        return shared(self._with_doubts(done, imported))

    async def _help(self, command: ask.Help, _: Actor) -> Reply:
        return Reply(self._help_text(command.verb))

    def _next_run(self, subscription: Subscription) -> datetime | None:
        """What was due already is done with; what is still to come stays."""
        now = self._clock.now()
        if subscription.next_run_at is None or subscription.next_run_at > now:
            return subscription.next_run_at
        return calendar.next_run_after(subscription.schedule, now)

    async def _freshen(self, categories: Sequence[str]) -> None:
        """Look at the feed, unless all of `categories` were looked at a moment ago."""
        async with self._open_unit() as unit:
            wanted = {*categories, *await unit.subscriptions.wanted_categories()}
            checks = await unit.feeds.latest()
        for check in checks:
            is_fresh = self._clock.now() - check.checked_at < _FRESH
            if is_fresh and not check.is_trouble and set(categories) <= set(check.categories):
                return
        await self._ingest.ingest(sorted(wanted))
