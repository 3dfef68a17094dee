"""The host's access keys, in one file of the shape Azure keeps them in.

{"masterKey": ..., "functionKeys": {"default": ...}, "functions": {<name>: {<key>: ...}}, "systemKeys": {...}}
"""

import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.host.faults import StartRefused

DURABLE_KEY = "durabletask_extension"


@dataclass(frozen=True)
class Keys:
    """The values; comparisons are in constant time."""

    master: str
    host: dict[str, str] = field(default_factory=dict)
    functions: dict[str, dict[str, str]] = field(default_factory=dict)
    system: dict[str, str] = field(default_factory=dict)

    def opens(self, level: str, function: str, presented: str) -> bool:
        """Whether a caller who presents this key may call a function of this auth level."""
        if level == "anonymous":
            return True
        allowed = [self.master]
        if level == "function":
            allowed += [*self.host.values(), *self.functions.get(function, {}).values()]
        return _one_of(presented, allowed)

    def opens_admin(self, presented: str) -> bool:
        """Whether the key is the master key."""
        return _one_of(presented, [self.master])

    def opens_durable(self, presented: str) -> bool:
        """Whether the key is the durable extension's system key or the master key."""
        return _one_of(presented, [self.master, self.system[DURABLE_KEY]])


def load_keys(path: Path) -> Keys:
    """Read the file; what is absent is created with random values, readable by the owner only.

    Raises: StartRefused when the file is there but not of this shape.
    """
    document = _read(path)
    before = json.dumps(document)
    document.setdefault("masterKey", secrets.token_urlsafe(32))
    document.setdefault("functionKeys", {}).setdefault("default", secrets.token_urlsafe(32))
    document.setdefault("functions", {})
    document.setdefault("systemKeys", {}).setdefault(DURABLE_KEY, secrets.token_urlsafe(32))
    if json.dumps(document) != before:
        _write(path, document)
    return Keys(
        document["masterKey"], document["functionKeys"], document["functions"], document["systemKeys"]
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StartRefused([f"{path} is not JSON: {error}"]) from None
    sections = ("functionKeys", "functions", "systemKeys")
    if not isinstance(document, dict) or not all(isinstance(document.get(s, {}), dict) for s in sections):
        raise StartRefused([f"{path} must be an object with masterKey, functionKeys, functions, systemKeys"])
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(document, file, indent=2)
    temporary.replace(path)


def _one_of(presented: str, allowed: list[str]) -> bool:
    given = presented.encode()
    matches = [hmac.compare_digest(given, key.encode()) for key in allowed if key]
    return any(matches)
