"""A folder served as Azure Static Web Apps would: its headers, and its first page for addresses that are no file."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, config: dict[str, Any], **options: Any) -> None:
        self.config = config
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        if not Path(self.translate_path(self.path)).is_file():
            self.path = self.config["navigationFallback"]["rewrite"]
        super().do_GET()

    def end_headers(self) -> None:
        for name, value in self.config["globalHeaders"].items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the site in `folder`."""
    config = json.loads((folder / "staticwebapp.config.json").read_text())
    handler = partial(_Handler, config=config, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
