"""The error tree. Every error this app raises on purpose is one of these.

ValueFlowError
├── ConfigurationError        settings are missing or wrong: the app does not start
├── RequestError              the caller can mend it; becomes an RFC 9457 problem
│   ├── InvalidRequest        400, with the faults by field
│   │   └── Unprocessable     422: well formed, but its values cannot be
│   ├── Unauthenticated       401
│   ├── Forbidden             403
│   ├── NotFound              404
│   ├── Conflict              409
│   └── TooLarge              413
├── VendorError               a system we call did not do what we asked
│   ├── VendorUnavailable     transient: try later
│   │   └── OutcomeUnknown    sent, no answer: it may have been done; look before trying again
│   └── VendorRefused         permanent: the same call will be refused again
├── RenderFailed              a golden path's skeleton does not become files: the path needs mending
└── PoisonMessage             an event that no retry will make readable: dead-letter it with this reason

Messages say what happened, with what, and what to do; they never hold a secret, a body or personal data.
"""

from http import HTTPStatus


class ValueFlowError(Exception):
    """Root of the tree."""


class ConfigurationError(ValueFlowError):
    """Settings are missing or wrong. The message lists all of them."""


class RequestError(ValueFlowError):
    """A request that its caller can mend. `detail` is shown to the caller."""

    status = HTTPStatus.BAD_REQUEST
    title = "Bad request"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidRequest(RequestError):
    """The request's shape or values are wrong.

    faults: [{"field": "PID", "message": "must not be empty"}]; never the values that were sent.
    """

    title = "Invalid request"

    def __init__(self, detail: str, faults: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.faults = faults or []


class Unprocessable(InvalidRequest):
    """The request can be read, but what it asks for cannot be."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Cannot be done so"


class Unauthenticated(RequestError):
    """Nobody we know, or a signature that does not match."""

    status = HTTPStatus.UNAUTHORIZED
    title = "Not authenticated"


class Forbidden(RequestError):
    """Somebody we know who may not do this."""

    status = HTTPStatus.FORBIDDEN
    title = "Not allowed"


class NotFound(RequestError):
    """No such thing, or none the caller may know of."""

    status = HTTPStatus.NOT_FOUND
    title = "Not found"


class Conflict(RequestError):
    """The thing is in a state that does not allow this.

    facts: extension members of the problem document, such as the operation that has what was asked for.
    """

    status = HTTPStatus.CONFLICT
    title = "Conflict"

    def __init__(self, detail: str, **facts: str) -> None:
        super().__init__(detail)
        self.facts = facts


class TooLarge(RequestError):
    """The body is larger than this endpoint takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "Body too large"


class VendorError(ValueFlowError):
    """A system we call did not do what we asked.

    vendor: "servicenow", "dynatrace", "azure_devops", "github", "teams", "openai", "snowflake", "blob", "servicebus".
    operation: our name for the call, for example "open_incident".
    """

    def __init__(self, vendor: str, operation: str, message: str) -> None:
        super().__init__(f"{vendor} {operation}: {message}")
        self.vendor, self.operation = vendor, operation


class VendorUnavailable(VendorError):
    """Transient: nothing was done; the same call may succeed later.

    retry_after_s: how long the vendor asks us to wait (seconds), None when it does not say.
    """

    def __init__(self, vendor: str, operation: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(vendor, operation, message)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(VendorUnavailable):
    """The request was sent and no usable answer came: it may have been done."""


class VendorRefused(VendorError):
    """Permanent: the vendor understood and said no.

    status: the vendor's HTTP status, None outside HTTP.
    """

    def __init__(self, vendor: str, operation: str, message: str, status: int | None = None) -> None:
        super().__init__(vendor, operation, message)
        self.status = status


class RenderFailed(ValueFlowError):
    """A golden path's skeleton does not become files. The message names the path, the file and the reason."""

    def __init__(self, path: str, file: str, reason: str) -> None:
        super().__init__(f"golden path {path}: {file or 'all files'}: {reason}")
        self.path, self.file, self.reason = path, file, reason


class PoisonMessage(ValueFlowError):
    """An event that no retry will make readable."""
