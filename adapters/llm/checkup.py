"""Whether the models answer."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.llm.embeddings import EmbeddingEndpoint
from adapters.llm.endpoint import Endpoint
from bot.domain.checkup import Finding, well


class ModelCheckup:
    """An `Examination`: one call for one token."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self) -> Sequence[Finding]:
        """Raises TransientError and PermanentError when the model cannot be asked."""
        await self._endpoint.ping()
        return [well("model", f"{self._endpoint.settings.model} at {self._endpoint.host} answers.")]


class EmbeddingCheckup:
    """An `Examination`: one call for the vector of one word."""

    def __init__(self, endpoint: EmbeddingEndpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self) -> Sequence[Finding]:
        """Raises TransientError and PermanentError when the model cannot be asked."""
        dimensions = await self._endpoint.ping()
        said = (
            f"{self._endpoint.name} at {self._endpoint.host} answers, in {dimensions} dimensions."
        )
        return [well("embeddings", said)]
