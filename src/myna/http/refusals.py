"""Why the door itself turns a request away, before any engine hears of it."""

from myna.core.errors import EngineBusy, RequestError


class Unauthenticated(RequestError):
    """Nobody the server knows."""

    code = "unauthenticated"


class Forbidden(RequestError):
    """Known, and not allowed to do this."""

    code = "forbidden"


class BodyTooLarge(RequestError):
    """The request is larger than the server reads."""

    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is larger than the {limit} bytes allowed. Send less.")


class BodyTooSlow(RequestError):
    """The request did not arrive in time."""

    code = "body_too_slow"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The request did not arrive within {seconds:g} seconds. Send it again.")


class NotUnderstood(RequestError):
    """The body is not what the route takes."""

    code = "invalid_request"


class ReferenceNotFound(RequestError):
    """No reference recording lies where the path says, or none that may be read."""

    code = "reference_not_found"


class TooManyRequests(RequestError):
    """One caller asks for more than its share."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class ServerBusy(EngineBusy):
    """Every place is taken and the queue is full, or did not move in time."""

    code = "server_busy"
    retry_after = 2.0  # seconds


class ShuttingDown(EngineBusy):
    """The server finishes what runs and takes nothing new."""

    code = "shutting_down"
    retry_after = 10.0  # seconds

    def __init__(self) -> None:
        super().__init__("The server is being stopped. Try again in a moment.")


class HungUp(Exception):
    """The client has gone: nobody is left to answer."""
