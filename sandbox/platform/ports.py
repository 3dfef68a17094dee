"""Ports: free ones at first, the same ones after a restart.

They are chosen below the range from which operating systems take the ports of outgoing connections, so that a
remembered port is still free when the platform starts again.
"""

import random
import socket
from collections.abc import Mapping, Sequence

from sandbox.vendors.names import NAMES as VENDORS

LOWEST, HIGHEST = 20_000, 31_999
NAMES = ("app", "console", "servicebus", "servicebus_stats", "durable", "blob", "warehouse", *VENDORS)


class PortTaken(Exception):
    """A port that was asked for is used by another process."""


def choose(
    remembered: Mapping[str, object], wanted: Mapping[str, int | None]
) -> tuple[dict[str, int], Sequence[str]]:
    """A port for each of NAMES, and sentences about those that could not stay.

    wanted: what a person asked for. Raises: PortTaken.
    """
    chosen: dict[str, int] = {}
    told: list[str] = []
    for name in NAMES:
        if asked := wanted.get(name):
            if not is_free(asked):
                raise PortTaken(f"Port {asked}, asked for as the {name}'s, is used by another process.")
            chosen[name] = asked
            continue
        before = remembered.get(name)
        if isinstance(before, int) and before not in chosen.values() and is_free(before):
            chosen[name] = before
            continue
        chosen[name] = _free_one(set(chosen.values()))
        if isinstance(before, int):
            told.append(f"{name}: port {before} is taken now, {chosen[name]} is used instead")
    return chosen, told


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_one(taken: set[int]) -> int:
    while True:
        port = random.randint(LOWEST, HIGHEST)
        if port not in taken and is_free(port):
            return port
