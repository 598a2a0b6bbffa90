"""The few ways an outside system can fail, named by what we do about it.

Foreign errors are translated once, where they enter (an operator, a connector, the Teams gateway). What is not one of
these is our own bug. Messages hold no numbers, names, bodies or secrets: they reach logs and the admin page.
"""

from __future__ import annotations


class OutsideError(Exception):
    """An outside system did not do what was asked."""


class Throttled(OutsideError):
    """Asked too often. ``retry_after`` is in seconds (None: not said); ``scope`` names what is limited."""

    def __init__(self, message: str = "throttled", *, retry_after: float | None = None, scope: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.scope = scope


class Transient(OutsideError):
    """It will probably work later: 5xx, a broken connection before the request was sent, an unreadable answer."""


class NeedsSignIn(OutsideError):
    """The key or consent is wrong or gone; only an administrator can mend it. Never retried."""


class Refused(OutsideError):
    """Understood and declined; the same request will be declined again. ``code`` is the outside system's own word."""

    def __init__(self, message: str = "refused", *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Gone(OutsideError):
    """The thing asked about does not exist any more (a deleted card, record or chat)."""

    def __init__(self, message: str = "gone", *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Unknown(OutsideError):
    """Sent, but the answer never came: it may or may not have happened. Never blindly repeated."""


class BadProof(Exception):
    """The sender could not prove who it is: answered 401. The message is a reason code, never the proof itself."""


class Unreadable(Exception):
    """The body is not what this operator sends: answered 400. The message says what was expected."""
