"""History events and times in the protocol's own types."""

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import StringValue

FINISHED = (
    pb.ORCHESTRATION_STATUS_COMPLETED,
    pb.ORCHESTRATION_STATUS_FAILED,
    pb.ORCHESTRATION_STATUS_TERMINATED,
    pb.ORCHESTRATION_STATUS_CANCELED,
)


def timestamp(us: int) -> Timestamp:
    """us: microseconds since 1970, UTC."""
    return Timestamp(seconds=us // 1_000_000, nanos=us % 1_000_000 * 1000)


def microseconds(stamp: Timestamp) -> int:
    """The inverse of timestamp."""
    return stamp.seconds * 1_000_000 + stamp.nanos // 1000


def text(value: str | None) -> StringValue | None:
    """An optional string as the protocol has it."""
    return None if value is None else StringValue(value=value)


def value(message: StringValue, present: bool) -> str | None:
    """present: message.HasField of its owner; the empty string is a value."""
    return message.value if present else None


def event(now_us: int, **filled: object) -> pb.HistoryEvent:
    """An event without a number of its own. filled: the one eventType field."""
    return pb.HistoryEvent(eventId=-1, timestamp=timestamp(now_us), **filled)  # type: ignore[arg-type]


def named_failure(failure: pb.TaskFailureDetails) -> pb.TaskFailureDetails:
    """The same failure, with a message if it had none."""
    if not failure.errorMessage:
        failure.errorMessage = failure.errorType or "failed without a message"
    return failure
