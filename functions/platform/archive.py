"""Service Bus subscription `archive`: every event, in batches, to Blob: one JSON Lines blob a batch.

The blob's name comes from the batch's own content, so a batch delivered again writes the same blob again; an event
in two blobs is one row in the warehouse, by its id.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import List  # noqa: UP035

import azure.durable_functions as df
import azure.functions as func

from shared.services import services
from shared.settings import EVENTS_TOPIC

bp = df.Blueprint()


@bp.service_bus_topic_trigger(
    arg_name="messages",
    topic_name=EVENTS_TOPIC,
    subscription_name="archive",
    connection="ServiceBusConnection",
    cardinality=func.Cardinality.MANY,
)
async def archive_events(messages: List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # Azure refuses list[...]
    lines = [_line(message) for message in messages]
    if lines:
        name, content = batch_of(lines, datetime.now(UTC))
        await services().blob.put(name, content, "application/x-ndjson")


def batch_of(lines: list[bytes], now: datetime) -> tuple[str, bytes]:
    """Name and content of the blob that keeps these lines."""
    content = b"\n".join(lines) + b"\n"
    return f"landing/{now:%Y/%m/%d/%H}/{hashlib.sha256(content).hexdigest()[:32]}.jsonl", content


def _line(message: func.ServiceBusMessage) -> bytes:
    """The event on one line. What is no JSON is kept too, as text in an envelope that says so."""
    body: bytes = message.get_body()
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    except ValueError:
        kept = {"unreadable": body.decode("utf-8", "replace"), "message_id": message.message_id}
        return json.dumps(kept, ensure_ascii=False).encode()
