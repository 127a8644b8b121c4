"""What an OpenAI-compatible endpoint's refusals mean for us.

The only place where the exceptions of the `openai` package are known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from bot.errors import PermanentError, TransientError

CONTEXT_TOO_LONG = "context_too_long"
_LONGEST_RETRY_AFTER = 86_400.0

_TOO_LONG = re.compile(
    r"context[ _]length|maximum context|context window|context size|prompt is too long"
    r"|too many (?:input )?tokens|reduce the length|input length|input is too long"
    r"|range of input|request too large|string_above_max_length",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"content[ _]filter|content management policy|data_inspection_failed|inappropriate content"
    r"|safety system",
    re.IGNORECASE,
)
_SPENT = re.compile(
    r"insufficient[ _](?:quota|balance|funds|credit)|billing|arrear|exceeded your current quota",
    re.IGNORECASE,
)
_BAD_REQUEST, _UNAUTHORIZED, _PAYMENT, _FORBIDDEN, _NOT_FOUND = 400, 401, 402, 403, 404
_TOO_LARGE, _UNPROCESSABLE, _THROTTLED = 413, 422, 429
_TIMES_OUT = (408, 504)
_CONFLICTS = (409, 425)
_SERVER_FAULT = 500


class ParameterRefusedError(Exception):
    """The endpoint does not know some optional parameter; `detail` is what it said of it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@contextmanager
def openai_errors(
    *, host: str, model: str, key_name: str, section: str = "ai_summary"
) -> Iterator[None]:
    """Turn the vendor's exceptions into ours; no sentence carries a key or an answer's body.

    `section` of config.json is where sentences send people.
    """
    try:
        yield
    except openai.APIStatusError as error:
        raise _status_error(
            error, host=host, model=model, key_name=key_name, section=section
        ) from error
    except (openai.APITimeoutError, TimeoutError) as error:
        raise TransientError(
            f"The model at {host} did not answer in time: try again in a few minutes, or raise "
            f"{section}.timeout_seconds."
        ) from error
    except openai.APIConnectionError as error:
        raise _connection_error(error, host, section) from error
    except openai.APIResponseValidationError as error:
        raise garbled_error(host, section) from error
    except openai.APIError as error:  # an error event within a stream
        raise TransientError(
            f"The model at {host} failed while it was answering: try again in a few minutes."
        ) from error
    except openai.OpenAIError as error:
        raise PermanentError(
            f"The model at {host} cannot be asked: check base_url and the key in {key_name}.",
            code="bad_endpoint",
        ) from error
    except ValueError as error:  # a body or an event that is no JSON
        raise garbled_error(host, section) from error


def garbled_error(host: str, section: str = "ai_summary") -> TransientError:
    """The error for an answer that is not in the API's form."""
    return TransientError(
        f"The model at {host} answered with something unreadable: try again in a few minutes, or "
        f"check that {section}.base_url is an OpenAI-compatible endpoint."
    )


def cut_error(host: str) -> TransientError:
    """The error for an answer that broke off."""
    return TransientError(
        f"The model at {host} broke off in the middle: try again in a few minutes."
    )


def empty_error(host: str) -> TransientError:
    """The error for an answer without a word in it."""
    return TransientError(f"The model at {host} gave an empty answer: try again in a few minutes.")


def blocked_error(host: str) -> PermanentError:
    """The error for a paper that the endpoint's filter does not let through."""
    return PermanentError(
        f"The model at {host} refuses this paper's content: read the abstract, or set another "
        "ai_summary.model.",
        code="content_filter",
    )


def too_long_error(host: str) -> PermanentError:
    """The error for a paper that is too long however much is left out."""
    return PermanentError(
        f"The paper is too long for the model at {host}: lower ai_summary.tokens_per_paper or set "
        "a model with a longer context.",
        code=CONTEXT_TOO_LONG,
    )


def length_error() -> PermanentError:
    """The error for an answer that hit its limit before it said anything."""
    return PermanentError(
        "The model used up its answer before it wrote anything: raise "
        "ai_summary.max_output_tokens.",
        code="answer_too_long",
    )


def _connection_error(error: openai.APIConnectionError, host: str, section: str) -> TransientError:
    cause = type(error.__cause__).__name__ if error.__cause__ else ""
    if cause in ("RemoteProtocolError", "ReadError", "IncompleteRead", "DecodingError"):
        return cut_error(host)
    return TransientError(
        f"The model at {host} cannot be reached: check the network and {section}.base_url, then "
        "try again."
    )


def _status_error(
    error: openai.APIStatusError, *, host: str, model: str, key_name: str, section: str
) -> Exception:
    status, detail = error.status_code, _detail(error)
    if status in (_BAD_REQUEST, _TOO_LARGE, _UNPROCESSABLE, _THROTTLED) and (
        status == _TOO_LARGE or _TOO_LONG.search(detail)
    ):
        return too_long_error(host)
    if status in (_BAD_REQUEST, _FORBIDDEN) and _BLOCKED.search(detail):
        return blocked_error(host)
    if status in (_BAD_REQUEST, _UNPROCESSABLE):
        return ParameterRefusedError(detail)
    if status == _PAYMENT or (status in (_THROTTLED, _FORBIDDEN) and _SPENT.search(detail)):
        return PermanentError(
            f"The account at {host} has nothing left to spend: top it up, or set another model.",
            code="quota",
        )
    if status in _FINAL:
        code, sentence = _FINAL[status]
        said = sentence.format(host=host, model=model, key_name=key_name, section=section)
        return PermanentError(said, code=code)
    return _passing(status, host, section, _retry_after(error))


_FINAL = {
    _UNAUTHORIZED: (
        "unauthorized",
        "The model at {host} does not accept the key: check the variable {key_name}.",
    ),
    _FORBIDDEN: (
        "forbidden",
        "The model at {host} refuses us: check that the key in {key_name} may use “{model}”.",
    ),
    _NOT_FOUND: (
        "model_not_found",
        "There is no model “{model}” at {host}: check {section}.model and {section}.base_url.",
    ),
}


def _passing(status: int, host: str, section: str, retry_after: float | None) -> Exception:
    when = "in a few minutes" if retry_after is None else f"in {math.ceil(retry_after)} seconds"
    if status == _THROTTLED:
        sentence = f"The model at {host} asks us to slow down: try again {when}."
    elif status in _TIMES_OUT:
        sentence = f"The model at {host} did not answer in time: try again {when}."
    elif status >= _SERVER_FAULT or status in _CONFLICTS:
        sentence = f"The model at {host} is in trouble ({status}): try again {when}."
    else:
        return PermanentError(
            f"The model at {host} answers with HTTP {status}: check {section}.base_url.",
            code=f"http_{status}",
        )
    return TransientError(sentence, retry_after=retry_after)


def _detail(error: openai.APIStatusError) -> str:
    """What the endpoint says is wrong, for our patterns only: nobody is shown it."""
    body = error.body
    fields = body if isinstance(body, dict) else {}
    parts = (fields.get("code"), fields.get("param"), fields.get("type"), fields.get("message"))
    return " ".join(str(part) for part in (*parts, error.message) if part)[:4_000]


def _retry_after(error: openai.APIStatusError) -> float | None:
    header = error.response.headers.get("retry-after", "").strip()
    try:
        seconds = float(header)
    except ValueError:
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None
