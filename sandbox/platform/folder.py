"""The state folder: where everything the platform keeps lies, and who may write there (one supervisor at a time)."""

import contextlib
import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import Any

DEFAULT = ".sandbox"
ENVIRONMENT_NAME = "VALUEFLOW_STATE"
_DATA = ("servicebus", "durable", "warehouse", "blob", "vendors", "logs", "done")
_ADDRESSES = ("platform.json", "ports.json", "secrets.json", "host-keys.json", "vendor-secrets.json")


class InUse(Exception):
    """Another supervisor runs on this folder; the message names it."""


class StateFolder:
    """path: made on first use, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: int | None = None

    @classmethod
    def chosen(cls, given: Path | None) -> "StateFolder":
        """The folder a person named, else the environment's, else .sandbox in the current folder."""
        return cls(given or Path(os.environ.get(ENVIRONMENT_NAME) or DEFAULT))

    def take(self) -> None:
        """Become the folder's one supervisor until this process ends. Raises: InUse."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise InUse(
                f"The platform runs already on {self.path} (process {self.supervisor() or 'unknown'}); "
                "stop it first, or name another folder with --state."
            ) from None
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock

    def release(self) -> None:
        """Let another supervisor have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_taken(self) -> bool:
        """Whether a supervisor, this one or another, has the folder."""
        if self._lock is not None:
            return True
        try:
            lock = os.open(self.path / "lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False

    def supervisor(self) -> int | None:
        """Process id of the last supervisor, which need not run any more."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.path / "lock").read_text())
        return None

    def data(self, name: str) -> Path:
        """The folder of one system's data, made if need be."""
        folder = self.path / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of this folder; {} when it is not there. Raises: ValueError when it is no JSON object."""
        try:
            text = (self.path / name).read_text("utf-8")
        except FileNotFoundError:
            return {}
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError(f"{self.path / name} must hold a JSON object")
        return document

    def write(self, name: str, document: dict[str, Any]) -> None:
        """Replace a JSON file at once, readable by its owner only: it may hold keys."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = self.path / f"{name}.{os.getpid()}"
        made.unlink(missing_ok=True)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(document, file, indent=2)
        made.replace(self.path / name)

    def empty(self, *, addresses: bool = False) -> None:
        """Remove what the platform keeps, and nothing else that may lie here.

        addresses: ports and keys too, so that the next start chooses new ones.
        """
        for name in _DATA:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in (*_ADDRESSES, "lock") if addresses else _ADDRESSES[:1]:
            (self.path / name).unlink(missing_ok=True)
