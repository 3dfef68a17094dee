"""GET /stats: how many messages wait where, for the console. Plain HTTP, JSON, nothing else."""

import asyncio
import json
from collections.abc import Callable

_LIMIT_S = 5.0


async def serve_stats(
    port: int, statistics: Callable[[], list[dict[str, object]]]
) -> tuple[asyncio.Server, int]:
    """The listener and its port on 127.0.0.1. Raises: OSError."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LIMIT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(head.split(b"\r\n", 1)[0], statistics))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", port)
    return listener, int(listener.sockets[0].getsockname()[1])


def _response(request: bytes, statistics: Callable[[], list[dict[str, object]]]) -> bytes:
    method, _, rest = request.partition(b" ")
    path = rest.split(b" ")[0].split(b"?")[0]
    if path != b"/stats":
        status, body = "404 Not Found", {"error": "only /stats is here"}
    elif method != b"GET":
        status, body = "405 Method Not Allowed", {"error": "only GET"}
    else:
        status, body = "200 OK", {"entities": statistics()}  # type: ignore[dict-item]
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"Cache-Control: no-store\r\nConnection: close\r\n\r\n" + content
