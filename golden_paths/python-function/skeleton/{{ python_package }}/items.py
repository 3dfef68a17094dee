"""What an item is. Pure: no I/O, no clock."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

MAX_QUANTITY = 1_000_000
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class InvalidItem(Exception):
    """What was sent is no item. faults: {field: what to do}, never the values that were sent."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(faults)))
        self.faults = faults


@dataclass(frozen=True)
class Item:
    """Something counted. quantity: pieces."""

    id: str
    name: str
    quantity: int

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def parse(item_id: str, body: bytes) -> Item:
    """The item a request describes.

    Raises: InvalidItem with every fault at once.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidItem({"": "must be JSON"}) from None
    if not isinstance(sent, dict):
        raise InvalidItem({"": "must be a JSON object"})
    name: Any = sent.get("name")
    quantity: Any = sent.get("quantity")
    faults = {}
    if not is_id(item_id):
        faults["id"] = "must be 1 to 64 lower-case letters, digits and single hyphens"
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 100:
        faults["name"] = "must be text of 1 to 100 characters"
    if type(quantity) is not int or not 0 <= quantity <= MAX_QUANTITY:
        faults["quantity"] = f"must be a whole number from 0 to {MAX_QUANTITY}"
    if not sent.keys() <= {"name", "quantity"}:
        faults[""] = "must hold name and quantity only"
    if faults:
        raise InvalidItem(faults)
    return Item(item_id, name.strip(), quantity)


def is_id(text: str) -> bool:
    return len(text) <= 64 and _ID.fullmatch(text) is not None
