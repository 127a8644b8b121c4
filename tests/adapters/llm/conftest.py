"""A loopback endpoint and chat models that ask it."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.model_bench import ModelBench
from tests.fakes.model_server import ModelServer


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer() as running:
        yield running


@pytest.fixture
async def bench(server: ModelServer) -> AsyncIterator[ModelBench]:
    made = ModelBench(server)
    yield made
    await made.aclose()
