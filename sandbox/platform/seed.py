"""What a new platform begins with."""

from typing import Any

from sandbox.platform.document import Document


async def prepare(document: Document) -> dict[str, Any]:
    return {}
