"""What each vendor accepts as proof of identity: one JSON file, made with random values when there is none."""

import base64
import json
import os
import secrets
from pathlib import Path

type Credentials = dict[str, dict[str, str]]


def load(path: Path) -> Credentials:
    """Read the credentials; make the file, for its owner alone, when it is absent.

    Values that a file of an earlier version lacks are added to it.
    """
    known: Credentials = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    complete = {vendor: fresh | known.get(vendor, {}) for vendor, fresh in _fresh().items()}
    if complete != known:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(json.dumps(complete, indent=2) + "\n", encoding="utf-8")
        made.replace(path)
    return complete


def _fresh() -> Credentials:
    token = secrets.token_urlsafe
    return {
        "dynatrace": {"token": f"dt0c01.SANDBOX.{token(32)}"},
        "servicenow": {"client_id": secrets.token_hex(16), "client_secret": token(24)},
        "azure_devops": {"token": token(39)},
        "github": {"token": f"github_pat_SANDBOX{token(32)}"},
        "teams": {"path_secret": token(32)},
        "openai": {"api_key": token(36)},
        "app_configuration": {
            "credential_id": f"{token(3)}-l0-s0:{token(12)}",
            "secret": base64.b64encode(secrets.token_bytes(32)).decode(),
        },
        "entra": {
            "client_id": "valueflow",
            "client_secret": token(30),
            "backstage_secret": token(30),
            "operator_secret": token(30),
        },
    }
