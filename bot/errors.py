"""Three kinds of errors, because callers do three things with them.

`str(error)` is one sentence fit for a channel, naming the mend. Details go into `__cause__`.
"""


class PapercourierError(Exception):
    """What every error we raise on purpose derives from."""


class UserError(PapercourierError):
    """Shown to whoever asked: the request or the configuration has to change."""


class TransientError(PapercourierError):
    """Tried again: it may work later.

    `retry_after` is the server's wish in seconds, None where it had none. `platform_wide` says
    that the whole platform is meant, not only what this call was about: a global rate limit, a
    token refused; `workspace_wide` says it of one workspace. `may_have_acted` is False where the
    server surely did nothing, as with HTTP 429; after anything else a message may be there
    although no answer came. `code` is a short stable word where a caller has to tell such errors
    apart ("throttled").
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        platform_wide: bool = False,
        workspace_wide: bool = False,
        may_have_acted: bool = True,
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after
        self.platform_wide = platform_wide
        self.workspace_wide = workspace_wide
        self.may_have_acted = may_have_acted


class PermanentError(PapercourierError):
    """Given up: trying again cannot help until somebody acts.

    `code` is a short stable word ("not_found", "forbidden", "channel_not_found") for records
    and tests.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
