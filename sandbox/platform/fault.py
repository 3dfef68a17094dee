"""`python -m sandbox fault`: make a vendor misbehave, list what was ordered, or end it."""

import argparse
import sys
from typing import Any

import httpx

from sandbox.platform.assembly import DOCUMENT
from sandbox.platform.folder import StateFolder
from sandbox.platform.printing import say


def fault(arguments: argparse.Namespace) -> int:
    """The command."""
    folder = StateFolder.chosen(arguments.state)
    document = folder.read(DOCUMENT) if folder.is_taken() else {}
    if not document:
        say(f"No platform runs on {folder.path}.", sys.stderr)
        return 3
    vendors = {name: vendor["url"] for name, vendor in document["vendors"].items()}
    if arguments.vendor and arguments.vendor not in vendors:
        say(f"There is no vendor {arguments.vendor}; there are {', '.join(vendors)}.", sys.stderr)
        return 2
    chosen = {name: url for name, url in vendors.items() if arguments.vendor in (None, name)}
    try:
        if arguments.list:
            return _list(chosen)
        if arguments.clear:
            return _clear(chosen)
        return _add(arguments, vendors)
    except httpx.HTTPError as error:
        say(f"The vendors do not answer ({type(error).__name__}).", sys.stderr)
        return 1


def _list(vendors: dict[str, str]) -> int:
    for name, url in vendors.items():
        known = httpx.get(f"{url}/_sandbox/operations").json()
        say(f"{name}: {', '.join(known['operations'])}")
        for each in httpx.get(f"{url}/_sandbox/faults").json():
            say(f"  in force: {_told(each)}")
    kinds = httpx.get(f"{next(iter(vendors.values()))}/_sandbox/operations").json()["faults"]
    for kind, meaning in kinds.items():
        say(f"{kind}: {meaning}")
    return 0


def _clear(vendors: dict[str, str]) -> int:
    for url in vendors.values():
        httpx.delete(f"{url}/_sandbox/faults").raise_for_status()
    say(f"No faults any more: {', '.join(vendors)}.")
    return 0


def _add(arguments: argparse.Namespace, vendors: dict[str, str]) -> int:
    if not (arguments.vendor and arguments.operation and arguments.kind):
        say("Name VENDOR OPERATION KIND, or --list to see them.", sys.stderr)
        return 2
    wanted = {
        "operation": arguments.operation,
        "kind": arguments.kind,
        "seconds": arguments.seconds,
        "status": arguments.status,
        "retry_after_s": arguments.retry_after,
        "times": arguments.times,
        "skip": arguments.skip,
        "for_seconds": arguments.for_seconds,
    }
    address = f"{vendors[arguments.vendor]}/_sandbox/faults"
    added = {name: value for name, value in wanted.items() if value is not None}
    answer = httpx.put(address, json=[*httpx.get(address).json(), added])
    if answer.status_code != httpx.codes.OK:
        say(f"Not accepted: {answer.json().get('error', answer.status_code)}", sys.stderr)
        return 2
    for each in answer.json():
        say(f"{arguments.vendor}: {_told(each)}")
    return 0


def _told(each: dict[str, Any]) -> str:
    details = [f"{name}={value}" for name, value in each.items() if name not in ("operation", "kind")]
    given = [detail for detail in details if not detail.endswith(("=None", "=0.0", "=0"))]
    return f"{each['operation']} {each['kind']} {' '.join(given)}"
