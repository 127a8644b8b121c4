"""Chat models at a loopback endpoint, with what they were charged and how long they waited."""

from __future__ import annotations

from dataclasses import replace

from adapters.llm.chat_model import ChatModel
from adapters.llm.endpoint import Endpoint, EndpointSettings
from adapters.llm.prompts import Prompt, summary_prompt
from bot.domain.summary import Usage
from tests.fakes.clock import FrozenClock
from tests.fakes.model_server import API_KEY, MODEL, ModelServer


class ModelBench:
    """Makes chat models with settings of their own; `aclose` lets all their connections go."""

    def __init__(self, server: ModelServer) -> None:
        self.clock = FrozenClock()
        self.charged: list[Usage] = []
        self.settings = EndpointSettings(base_url=server.base_url, model=MODEL, api_key=API_KEY)
        self._open: list[Endpoint] = []

    def model(self, *, prompt: Prompt | None = None, **changes: object) -> ChatModel:
        """A chat model; `changes` are fields of EndpointSettings."""
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        endpoint = Endpoint(
            settings, clock=self.clock, on_usage=self.charged.append, jitter=lambda: 0.0
        )
        self._open.append(endpoint)
        return ChatModel(endpoint, prompt=prompt or summary_prompt())

    async def aclose(self) -> None:
        for endpoint in self._open:
            await endpoint.aclose()
