"""The policies: runbooks/policies.yaml, read once per process; shared/domain/action/action_policy.py judges by them."""

import zoneinfo
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError
from shared.runbooks.catalogue import FOLDER, POLICIES, runbooks
from shared.yaml_files import check, read_yaml


@cache
def policies() -> Mapping[str, Any]:
    """Raises: ConfigurationError naming the file and its fault."""
    return read_policies(FOLDER, runbooks().keys())


def read_policies(folder: Path, known: Collection[str]) -> Mapping[str, Any]:
    """known: the types of the catalogue. Raises: ConfigurationError naming the file and its fault."""
    file = folder / POLICIES
    document = read_yaml(file)
    check(file, read_yaml(folder / "policies.schema.yaml"), document)
    if document["time_zone"] not in zoneinfo.available_timezones():
        raise ConfigurationError(f"{file}: time_zone: must be a zone of the IANA database")
    for section in ("automatic", "needs", "freezes"):
        for rule in document[section]:
            _check_rule(f"{file}: {section}: {rule['name']}", rule, document["hours"], known)
    return document


def _check_rule(place: str, rule: Mapping[str, Any], hours: Collection[str], known: Collection[str]) -> None:
    for name in ("during", "outside"):
        if name in rule and rule[name] not in hours:
            raise ConfigurationError(f"{place}: {name}: there are no such hours")
    for action in rule.get("actions", []):
        if action not in known:
            raise ConfigurationError(f"{place}: actions: there is no runbook {action}")
    if "from" in rule:
        try:
            begins, ends = (datetime.fromisoformat(rule[name]) for name in ("from", "until"))
        except ValueError:
            raise ConfigurationError(f"{place}: from, until: must be moments that exist") from None
        if begins >= ends:
            raise ConfigurationError(f"{place}: until: must come after from")
