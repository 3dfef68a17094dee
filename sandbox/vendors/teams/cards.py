"""Is this message one that a Workflows webhook posts? Shape of the envelope, size, and the card by its schema."""

from collections.abc import Mapping
from functools import cache
from typing import Any

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MAX_BYTES = 28 * 1024


def fault(message: object) -> str:
    """What is wrong with the message, naming the place; "" where nothing is."""
    if not isinstance(message, Mapping) or message.get("type") != "message":
        return "type must be message"
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        return "attachments must be a list with one card at least"
    for number, attachment in enumerate(attachments):
        if wrong := _attachment_fault(attachment):
            return f"attachments/{number}/{wrong}"
    return ""


def _attachment_fault(attachment: object) -> str:
    if not isinstance(attachment, Mapping) or attachment.get("contentType") != CARD_TYPE:
        return f"contentType must be {CARD_TYPE}"
    if attachment.get("contentUrl") is not None:
        return "contentUrl must be null"
    return card_fault(attachment.get("content"))


def card_fault(card: object) -> str:
    """What is wrong with the card by the schema; "" where nothing is."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(card))
    if error is None:
        return ""
    place = "/".join(str(part) for part in ["content", *error.absolute_path])
    return f"{place}: {error.message}"


@cache
def _validator() -> Any:
    from jsonschema import Draft7Validator

    from sandbox.vendors.teams.schema import schema

    return Draft7Validator(schema())
