"""A loopback server that speaks an OpenAI-compatible endpoint's HTTP, with faults on request.

It knows /v1/chat/completions (whole and streamed), /v1/files, /v1/embeddings and /v1/models. Its
answers are made from the paper in the prompt: sentences with figures in them, word for word.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.model_answers import Shape, answer_content

MODEL = "fake-large"
EMBEDDING_MODEL = "fake-embedding"
DIMENSIONS = 256
API_KEY = "sk-fake"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call goes wrong."""

    status: int = 200
    body: str = ""  # instead of an answer, with `status`
    headers: tuple[tuple[str, str], ...] = ()
    waits: bool = False  # until `ModelServer.release` is called, or the server stops
    cuts: bool = False  # the connection is closed within the answer
    shape: Shape | None = None  # a well-formed answer with something else in it


def refusal(
    status: int, message: str, *, code: str | None = None, param: str | None = None, **headers: str
) -> Fault:
    """An error in OpenAI's form; `retry_after="7"` becomes a header."""
    error = {"message": message, "type": "error", "param": param, "code": code}
    names = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fault(status=status, body=json.dumps({"error": error}), headers=names)


TOO_LONG = refusal(
    400,
    "This model's maximum context length is 8192 tokens. Please reduce the length.",
    code="context_length_exceeded",
    param="messages",
)


@dataclass(slots=True)
class Call:
    """One chat call as it arrived."""

    body: Json
    was_answered: bool = False  # an answer went out whole, so it was charged
    usage: dict[str, int] | None = None  # what it was charged

    @property
    def text(self) -> str:
        """All messages, one below the other."""
        return "\n\n".join(str(message["content"]) for message in self.body["messages"])


@dataclass(slots=True)
class ModelServer:
    """Use it as `async with ModelServer() as server`, then give `server.base_url` to a client."""

    faults: deque[Fault] = field(default_factory=deque)  # one for each coming call, then none
    unknown_parameters: frozenset[str] = frozenset()  # refused with 400, as many endpoints do
    context_characters: int | None = None  # longer prompts are refused
    counts_tokens: bool = True
    calls: list[Call] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    deleted_files: list[str] = field(default_factory=list)
    embedded: list[list[str]] = field(default_factory=list)  # the texts of each answered call
    embedding_faults: deque[Fault] = field(default_factory=deque)  # as `faults`
    embedding_answer: Callable[[Json], Json] | None = None  # from the usual answer
    at_once: int = 0
    most_at_once: int = 0
    answer: Callable[[str], str] | None = None  # from the prompt; None for the usual one
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None
    _port: int = 0

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def charged(self) -> int:
        """How many calls got an answer."""
        return sum(call.was_answered for call in self.calls)

    def fail(self, *faults: Fault) -> None:
        """Let the next calls go wrong so, one after the other."""
        self.faults.extend(faults)

    def release(self) -> None:
        """Let the calls go on that wait."""
        self._released.set()

    async def arrived(self, number: int) -> None:
        """Return when `number` chat calls have arrived."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.calls) >= number)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_delete("/v1/files/{id}", self._delete)
        app.router.add_post("/v1/embeddings", self._embed)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- chat ---------------------------------------------------------------------------------

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if refused := _unauthorized(request):
            return refused
        call = Call(await request.json())
        async with self._arrived:
            self.calls.append(call)
            self._arrived.notify_all()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request, call)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else self._own_refusal(call)
        if fault.waits:
            await self._released.wait()
        if fault.body or fault.status != web.HTTPOk.status_code:
            return _respond(fault)
        content, finish = self._content(call, fault.shape or Shape.GOOD)
        if call.body.get("stream"):
            return await self._stream(request, call, content, finish, cuts=fault.cuts)
        text = json.dumps(_completion(call, content, finish, counts=self.counts_tokens))
        if fault.cuts:
            return await _cut_body(request, text)
        call.was_answered, call.usage = True, _usage(call, content)
        return web.Response(text=text, content_type="application/json")

    def _own_refusal(self, call: Call) -> Fault:
        """What this endpoint refuses by itself."""
        for name in sorted(self.unknown_parameters & call.body.keys()):
            return refusal(400, f"Unrecognized request argument supplied: {name}", param=name)
        if self.context_characters is not None and len(call.text) > self.context_characters:
            return TOO_LONG
        if call.body["model"] != MODEL:
            return refusal(404, "The model does not exist", code="model_not_found")
        return Fault()

    def _content(self, call: Call, shape: Shape) -> tuple[str, str]:
        prompt = call.text
        for file_id in re.findall(r"fileid://(\S+)", prompt):
            prompt += f"\nPAPER-file\n{self.files[file_id]}\nPAPER-file"
        if self.answer is not None and shape is Shape.GOOD:
            return self.answer(prompt), "stop"
        return answer_content(prompt, shape)

    async def _stream(
        self, request: web.Request, call: Call, content: str, finish: str, *, cuts: bool
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        pieces = [content[start : start + 24] for start in range(0, len(content), 24)]
        for piece in pieces[: len(pieces) // 2] if cuts else pieces:
            await response.write(_event({"delta": {"content": piece}, "finish_reason": None}))
        if cuts:
            _close(request)
            return response
        await response.write(_event({"delta": {}, "finish_reason": finish}))
        if self.counts_tokens and call.body.get("stream_options", {}).get("include_usage"):
            await response.write(_event(None, usage=_usage(call, content)))
        await response.write(b"data: [DONE]\n\n")
        call.was_answered, call.usage = True, _usage(call, content)
        return response

    # --- the rest -----------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        if refused := _unauthorized(request):
            return refused
        form = await request.post()
        sent = form["file"]
        if not isinstance(sent, web.FileField) or form["purpose"] != "file-extract":
            return web.json_response({"error": {"message": "bad upload"}}, status=400)
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = sent.file.read().decode("utf-8")
        return web.json_response(
            {"id": file_id, "object": "file", "filename": sent.filename, "bytes": 1,
             "created_at": 0, "purpose": "file-extract", "status": "processed"}
        )  # fmt: skip

    async def _delete(self, request: web.Request) -> web.Response:
        file_id = request.match_info["id"]
        self.deleted_files.append(file_id)
        return web.json_response({"id": file_id, "object": "file", "deleted": True})

    async def _embed(self, request: web.Request) -> web.Response:
        if refused := _unauthorized(request):
            return refused
        body = await request.json()
        texts: list[str] = body["input"] if isinstance(body["input"], list) else [body["input"]]
        fault = self.embedding_faults.popleft() if self.embedding_faults else Fault()
        if fault.waits:
            await self._released.wait()
        if fault.body or fault.status != web.HTTPOk.status_code:
            return _respond(fault)
        if body.get("encoding_format") in self.unknown_parameters:
            return _respond(refusal(400, "Unsupported encoding", param="encoding_format"))
        if any(len(text) > (self.context_characters or len(text)) for text in texts):
            return _respond(TOO_LONG)
        if body["model"] != EMBEDDING_MODEL:
            return _respond(refusal(404, "The model does not exist", code="model_not_found"))
        vectors = [_embedding(text) for text in texts]
        if body.get("encoding_format") == "base64":
            written: list[Any] = [_base64(vector) for vector in vectors]
        else:
            written = vectors
        data = [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in enumerate(written)
        ]
        usage = {"prompt_tokens": sum(map(len, texts)) // 4, "total_tokens": 0}
        answer: Json = {"object": "list", "model": body["model"], "data": data, "usage": usage}
        self.embedded.append(texts)
        if self.embedding_answer is not None:
            answer = self.embedding_answer(answer)
        return web.Response(text=json.dumps(answer), content_type="application/json")

    async def _models(self, request: web.Request) -> web.Response:
        if refused := _unauthorized(request):
            return refused
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "tests"}
        return web.json_response({"object": "list", "data": [model]})


def _unauthorized(request: web.Request) -> web.Response | None:
    if request.headers.get("Authorization") == f"Bearer {API_KEY}":
        return None
    return _respond(refusal(401, "Incorrect API key provided", code="invalid_api_key"))


def _respond(fault: Fault) -> web.Response:
    is_json = fault.body.startswith("{")
    return web.Response(
        status=fault.status,
        text=fault.body,
        headers=dict(fault.headers),
        content_type="application/json" if is_json else "text/html",
    )


async def _cut_body(request: web.Request, text: str) -> web.StreamResponse:
    """Promise the whole body, send half of it, close."""
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": str(len(text.encode()))}
    )
    await response.prepare(request)
    await response.write(text.encode()[: len(text) // 2])
    _close(request)
    return response


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


def _completion(call: Call, content: str, finish: str, *, counts: bool) -> Json:
    message = {"role": "assistant", "content": content}
    completion: Json = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": call.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    return completion | ({"usage": _usage(call, content)} if counts else {})


def _event(choice: Json | None, *, usage: Json | None = None) -> bytes:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": MODEL,
        "choices": [] if choice is None else [{"index": 0, **choice}],
        "usage": usage,
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _usage(call: Call, content: str) -> dict[str, int]:
    sent, got = len(call.text) // 4, len(content) // 4
    return {"prompt_tokens": sent, "completion_tokens": got, "total_tokens": sent + got}


def _embedding(text: str) -> list[float]:
    """Longer words that two texts share make their vectors alike."""
    vector = [0.0] * DIMENSIONS
    vector[0] = 1.0  # some of all meanings: no text is without any
    for word in set(_words(text)):
        if len(word) > 4:
            vector[sha256(word.encode()).digest()[0]] = 1.0
    return vector


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _words(text: str) -> Iterable[str]:
    return re.findall(r"\w+", text.lower())
