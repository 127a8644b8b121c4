"""One OpenAI-compatible endpoint: a question goes in, an answer and its price come out."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletion

from adapters.llm.openai_errors import (
    ParameterRefusedError,
    blocked_error,
    cut_error,
    empty_error,
    garbled_error,
    length_error,
    openai_errors,
)
from bot.domain.paper_text import estimate_tokens
from bot.domain.summary import Usage
from bot.errors import PermanentError, TransientError
from bot.ports import Clock

log = logging.getLogger(__name__)
_T = TypeVar("_T")

ATTEMPTS = 4
CHARGED_ATTEMPTS = 2  # an answer that was paid for and is of no use is asked for once more
BACKOFF_SECONDS = 2.0  # before the second attempt; three times as much before each further one
LONGEST_WAIT_SECONDS = 60.0  # whoever is asked to wait longer comes back another time

_PARAMETERS = 5  # that an endpoint may refuse, one after the other
_ALSO_CALLED = {"response_format": r"response_format|json_schema|structured output|json mode"}


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where the model is and how it is asked."""

    base_url: str
    model: str
    api_key: str = field(repr=False)
    api_key_name: str = "OPENAI_API_KEY"  # the variable the key came from, for error sentences
    temperature: float = 0.2
    max_output_tokens: int = 1_500
    timeout_seconds: float = 120.0  # of one call, from question to last word
    max_workers: int = 3  # calls under way at one time
    tokens_per_paper: int = 24_000  # of its text sent
    sends_files: bool = False  # through the files API, as DashScope's qwen-long wants


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer."""

    text: str
    is_cut: bool  # it hit `max_output_tokens`
    usage: Usage  # over every call it took


@dataclass(frozen=True, slots=True)
class _Reply:
    """One call's outcome, before anybody asks whether it is of use."""

    text: str
    finish: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    is_broken_off: bool = False  # the stream ended before the answer did


Message = dict[str, str]
_PING: Message = {"role": "user", "content": "Say ok."}


class Endpoint:
    """Asks with our own retries: the SDK's are off, or they would multiply.

    `on_usage` is told of every call that was charged, useful or not, once each.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        clock: Clock,
        on_usage: Callable[[Usage], None] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.host = urlsplit(settings.base_url).hostname or settings.base_url
        self._clock = clock
        self._on_usage = on_usage
        self._jitter = jitter
        self._workers = asyncio.Semaphore(settings.max_workers)
        self._refused: set[str] = set()  # optional parameters, learned at run time
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key,
            base_url=settings.base_url,
            timeout=settings.timeout_seconds,
            max_retries=0,
        )

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._client.close()

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: dict[str, Any],
        is_useful: Callable[[str], bool],
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        """The first useful answer to `messages`.

        `on_text` is given the raw answer so far, again and again. Raises TransientError when
        every attempt failed, PermanentError (code "context_too_long" and others).
        """
        spent = Usage()

        async def ask() -> Completion:
            nonlocal spent
            reply = await self._call_without_refused(messages, schema, on_text)
            spent += self._account(messages, reply)
            return self._judged(reply, spent, is_useful)

        return await self._retrying(ask, may_go_on=lambda: spent.calls < CHARGED_ATTEMPTS)

    async def ping(self) -> None:
        """Make one call for one token, to see whether address, key and model fit; no retries.

        Raises TransientError and PermanentError.
        """
        for limit in ("max_tokens", "max_completion_tokens"):
            try:
                with self._errors():
                    reply = await self._call([_PING], {limit: 1}, None)
            except ParameterRefusedError:
                continue
            self._account([_PING], reply)
            return
        raise self._request_error()

    @asynccontextmanager
    async def uploaded(self, text: str, *, name: str) -> AsyncIterator[str]:
        """The ID of a file with `text` at the endpoint, there until the block ends."""

        async def upload() -> str:
            async with self._workers, asyncio.timeout(self.settings.timeout_seconds):
                sent = await self._client.files.create(
                    file=(name, text.encode("utf-8")),
                    # DashScope's own; the SDK's type lists OpenAI's purposes only.
                    purpose="file-extract",  # type: ignore[arg-type]
                )
                return sent.id

        file_id = await self._retrying(lambda: self._mapped(upload))
        try:
            yield file_id
        finally:
            await self._forget(file_id)

    # --- one call -----------------------------------------------------------------------------

    async def _call_without_refused(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any],
        on_text: Callable[[str], None] | None,
    ) -> _Reply:
        """Leave out whatever optional parameter the endpoint refuses, and remember that."""
        for _ in range(_PARAMETERS + 1):
            options = self._options(schema, is_streamed=on_text is not None)
            try:
                async with self._workers:
                    with self._errors():
                        return await self._call(messages, options, on_text)
            except ParameterRefusedError as error:
                name = _refused_parameter(error.detail, options)
                if name is None:
                    raise self._request_error() from error
                self._refused.add(name)
                log.info("model.parameter_refused", extra={"host": self.host, "parameter": name})
        raise self._request_error()

    def _options(self, schema: dict[str, Any], *, is_streamed: bool) -> dict[str, Any]:
        limit = self.settings.max_output_tokens
        options: dict[str, Any] = {
            "temperature": self.settings.temperature,
            "response_format": {"type": "json_schema", "json_schema": schema},
        }
        # Older endpoints know the first name only, newer models the second only.
        options["max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"] = limit
        if is_streamed:
            options["stream_options"] = {"include_usage": True}
        return {name: value for name, value in options.items() if name not in self._refused}

    async def _call(
        self,
        messages: Sequence[Message],
        options: dict[str, Any],
        on_text: Callable[[str], None] | None,
    ) -> _Reply:
        asked: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            **options,
        }
        async with asyncio.timeout(self.settings.timeout_seconds):
            if on_text is None:
                return self._whole(await self._client.chat.completions.create(**asked))
            return await self._streamed(asked, on_text)

    def _whole(self, completion: Any) -> _Reply:
        """The SDK builds its types unchecked: a proxy's HTML page or `{}` arrives here too."""
        choices = completion.choices if isinstance(completion, ChatCompletion) else None
        if not choices or getattr(choices[0], "message", None) is None:
            raise garbled_error(self.host)
        message, usage = choices[0].message, completion.usage
        if message.refusal and not message.content:
            raise blocked_error(self.host)
        return _Reply(
            message.content if isinstance(message.content, str) else "",
            choices[0].finish_reason,
            getattr(usage, "prompt_tokens", None),
            getattr(usage, "completion_tokens", None),
        )

    async def _streamed(self, asked: dict[str, Any], on_text: Callable[[str], None]) -> _Reply:
        text, finish = "", None
        prompt_tokens = completion_tokens = None
        async with await self._client.chat.completions.create(**asked, stream=True) as stream:
            try:
                async for chunk in stream:
                    if usage := getattr(chunk, "usage", None):
                        prompt_tokens = usage.prompt_tokens
                        completion_tokens = usage.completion_tokens
                    for choice in getattr(chunk, "choices", None) or ():
                        finish = choice.finish_reason or finish
                        if delta := getattr(choice.delta, "content", None):
                            text += delta
                            on_text(text)
            except (openai.APIError, ValueError):
                if not text:
                    raise  # nothing was written, so nothing is charged
        return _Reply(text, finish, prompt_tokens, completion_tokens, is_broken_off=finish is None)

    def _judged(self, reply: _Reply, spent: Usage, is_useful: Callable[[str], bool]) -> Completion:
        if reply.is_broken_off:
            raise cut_error(self.host)
        is_cut = reply.finish == "length"
        if is_useful(reply.text):
            return Completion(reply.text, is_cut, spent)
        if reply.finish == "content_filter":
            raise blocked_error(self.host)
        if is_cut:
            raise length_error()
        raise garbled_error(self.host) if reply.text.strip() else empty_error(self.host)

    # --- accounts, retries, errors ------------------------------------------------------------

    def _account(self, messages: Sequence[Message], reply: _Reply) -> Usage:
        """What one call cost; estimated where the endpoint does not say, so that budgets hold."""
        sent = reply.prompt_tokens
        got = reply.completion_tokens
        if sent is None:
            sent = sum(estimate_tokens(message["content"]) for message in messages)
        usage = Usage(sent, estimate_tokens(reply.text) if got is None else got, 1)
        if self._on_usage is not None:
            self._on_usage(usage)
        return usage

    async def _retrying(
        self,
        attempt: Callable[[], Awaitable[_T]],
        *,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> _T:
        for number in range(1, ATTEMPTS + 1):
            try:
                return await attempt()
            except TransientError as error:
                wait = self._wait(number, error.retry_after)
                if number == ATTEMPTS or wait is None or not may_go_on():
                    raise
                log.info(
                    "model.retried",
                    extra={"host": self.host, "attempt": number, "seconds": wait},
                )
                await self._clock.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _wait(self, number: int, retry_after: float | None) -> float | None:
        """Seconds until the next attempt; None when the endpoint wants us to stay away longer."""
        if retry_after is not None and retry_after > LONGEST_WAIT_SECONDS:
            return None
        backoff = BACKOFF_SECONDS * 3.0 ** (number - 1) * (1 + self._jitter())
        return min(max(backoff, retry_after or 0.0), LONGEST_WAIT_SECONDS)

    async def _mapped(self, call: Callable[[], Awaitable[_T]]) -> _T:
        with self._errors():
            return await call()

    def _errors(self) -> AbstractContextManager[None]:
        return openai_errors(
            host=self.host, model=self.settings.model, key_name=self.settings.api_key_name
        )

    def _request_error(self) -> PermanentError:
        return PermanentError(
            f"The model at {self.host} does not understand our request: check ai_summary.model, "
            "temperature and max_output_tokens.",
            code="bad_request",
        )

    async def _forget(self, file_id: str) -> None:
        """Delete an uploaded paper; a failure costs storage only, and is logged."""

        async def delete() -> None:
            async with asyncio.timeout(self.settings.timeout_seconds):
                await self._client.files.delete(file_id)

        try:
            await self._mapped(delete)
        except (TransientError, PermanentError, ParameterRefusedError) as error:
            log.warning("model.file_left", extra={"host": self.host, "reason": str(error)})


def _refused_parameter(detail: str, options: dict[str, Any]) -> str | None:
    """Which of `options` a refusal is about; None when there is nothing left to give up.

    A refusal that names none is most often about the structured output.
    """
    for name in options:
        if re.search(_ALSO_CALLED.get(name, name), detail, re.IGNORECASE):
            return name
    return "response_format" if "response_format" in options else None
