"""What the demo says while it plays: plain lines; on a terminal, a line that moves while something is awaited."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TextIO

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress:
    """to: where lines go. lively: whether a moving line may be drawn there."""

    def __init__(self, to: TextIO = sys.stdout, lively: bool | None = None) -> None:
        self._to = to
        self._lively = to.isatty() if lively is None else lively
        self._drawn = False

    def line(self, text: str = "") -> None:
        """One line that stays."""
        self._wipe()
        print(text, file=self._to, flush=True)

    @contextlib.contextmanager
    def working(self, on: str) -> Iterator[None]:
        """Show that something is being worked on."""
        spinner = asyncio.ensure_future(self._spin(on)) if self._lively else None
        try:
            yield
        finally:
            if spinner:
                spinner.cancel()
                self._wipe()

    async def _spin(self, on: str) -> None:
        began, count = time.monotonic(), 0
        while True:
            frame = _FRAMES[count % len(_FRAMES)]
            self._to.write(f"\r\x1b[2K  {frame} {on} {time.monotonic() - began:.0f} s")
            self._to.flush()
            self._drawn = True
            count += 1
            await asyncio.sleep(0.1)

    def _wipe(self) -> None:
        if self._drawn:
            self._to.write("\r\x1b[2K")
            self._drawn = False
