"""What the Blob SDK raises, as errors of this app or as answers. shared.clients.blob calls it."""

from collections.abc import Awaitable

from shared.errors import OutcomeUnknown, VendorError, VendorRefused, VendorUnavailable

_NOT_TAKEN = frozenset({408, 429, 503})


async def call[T, A](
    operation: str, request: Awaitable[T], answers: dict[str, A], writes: bool = False
) -> T | A:
    """Await one request; an error whose code is in `answers` is an answer, every other one is raised."""
    from azure.core.exceptions import AzureError

    try:
        return await request
    except (AzureError, TimeoutError) as error:
        code = _code(error)
        if code in answers:
            return answers[code]
        raise _vendor_error(operation, code, error, writes) from None


def _code(error: Exception) -> str:
    code = getattr(error, "error_code", None) or type(error).__name__
    return str(getattr(code, "value", code))


def _vendor_error(operation: str, code: str, error: Exception, writes: bool) -> VendorError:
    from azure.core.exceptions import HttpResponseError, ServiceRequestError

    status = error.status_code if isinstance(error, HttpResponseError) else None
    if status is None:
        if isinstance(error, ServiceRequestError) or not writes:
            return VendorUnavailable("blob", operation, f"no answer ({code})")
        return OutcomeUnknown("blob", operation, f"sent, and no answer came ({code})")
    if status in _NOT_TAKEN or code == "ContainerBeingDeleted" or (status >= 500 and not writes):
        return VendorUnavailable("blob", operation, f"HTTP {status} {code}", _retry_after_s(error))
    if status >= 500:
        return OutcomeUnknown("blob", operation, f"HTTP {status} {code}", _retry_after_s(error))
    return VendorRefused("blob", operation, f"HTTP {status} {code}", status=status)


def _retry_after_s(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return float(headers.get("Retry-After", ""))
    except ValueError:
        return None
