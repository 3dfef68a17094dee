"""The one name of everything that is done for an anomaly or a forecast."""

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def identity(what: str, service: str, name: str, at_ms: int) -> str:
    """Fit for an instance id, an address and a correlation_id."""
    full = f"{service}-{name}"
    safe = _UNSAFE.sub("-", full)
    if safe != full or len(safe) > 60:
        safe = f"{safe[:48]}-{hashlib.sha256(full.encode()).hexdigest()[:10]}"
    return f"{what}-{safe}-{at_ms // 1000}"
