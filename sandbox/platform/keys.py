"""The platform's own keys: random on the first start, then kept in files that only their owner reads."""

import base64
import secrets
from typing import Any

from sandbox.host.keys import load_keys
from sandbox.platform.folder import StateFolder
from sandbox.vendors import credentials

OWN, VENDORS, HOST = "secrets.json", "vendor-secrets.json", "host-keys.json"


def load(folder: StateFolder) -> dict[str, Any]:
    """{"own": {...}, "vendors": {vendor: {...}}, "host": {"master", "function"}}; what is missing is made."""
    known = folder.read(OWN)
    own = _fresh() | known
    if own != known:
        folder.write(OWN, own)
    host = load_keys(folder.path / HOST)
    return {
        "own": own,
        "vendors": credentials.load(folder.path / VENDORS),
        "host": {"master": host.master, "function": host.host["default"]},
    }


def _fresh() -> dict[str, str]:
    return {
        "link_secret": secrets.token_urlsafe(32),
        "webhook_secret": secrets.token_urlsafe(32),
        "servicebus_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "blob_key": base64.b64encode(secrets.token_bytes(64)).decode(),
        "warehouse_password": secrets.token_urlsafe(24),
    }
