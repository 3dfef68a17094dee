"""A difference told so that two services which were made in the same way read the same."""

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.platform.seed import PROJECT
from tests.e2e.matrix.snapshot import Difference, Thing, stays

_OWNERS = {
    "azure_devops.repository": ("id",),
    "azure_devops.commit": ("commit_id",),
    "azure_devops.pipeline": ("id",),
    "azure_devops.policy": ("id",),
    "azure_devops.run": ("id",),
    "dynatrace.settings_object": ("objectId", "numericId"),
    "dynatrace.slo": ("id",),
    "dynatrace.entity": ("entityId",),
    "servicenow.cmdb_ci_service": ("sys_id",),
}
"""Which fields name a thing, so that a reference to it can be told from any other number."""
_NUMBERS = {
    "pipeline_id": "azure_devops.pipeline",
    "buildDefinitionId": "azure_devops.pipeline",
    "policy_ids": "azure_devops.policy",
    "run_id": "azure_devops.run",
}
_IN_ADDRESSES = {"definitionId": "azure_devops.pipeline", "buildId": "azure_devops.run"}
_COUNTED = {
    "azure_devops.policy": ("id",),
    "azure_devops.run": ("id", "name"),
    "azure_devops.pipeline": ("id",),
    "dynatrace.slo": ("id",),
}
"""Which fields are nothing but the next number."""
_VOLATILE = frozenset(
    {"updateToken", "created", "modified", "firstSeenTms", "lastSeenTms", "etag", "sys_id", "request_hash"}
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)?")


def normalised(found: Difference, service: str) -> list[str]:
    """What came and went, told so that two services made in the same way read the same: names for ids, no times."""
    names = {service: "<service>", service.replace("-", "_"): "<service_>"}
    numbers: dict[tuple[str, int], str] = {}
    for thing in (*found.around, *found.came):
        for field in _OWNERS.get(thing.kind, ()):
            value = thing.document[field]
            if isinstance(value, int):
                numbers[(thing.kind, value)] = _label(thing)
            else:
                names[value] = _label(thing)
    things = [("", thing) for thing in found.came] + [("gone: ", thing) for thing in found.went]
    told = [(sign + thing.kind, thing) for sign, thing in things if not stays(thing)]
    return sorted(f"{kind}: {_told(thing, names, numbers)}" for kind, thing in told)


def _label(thing: Thing) -> str:
    """<repository>, or where there may be several: <run apply>, <settings_object builtin:alerting.profile>."""
    document = thing.document
    more = [
        document.get("schemaId"),
        document.get("type_id"),
        document.get("template_parameters", {}).get("action"),
    ]
    more += [document["name"]] if thing.kind == "dynatrace.slo" else []
    return f"<{' '.join([thing.kind.partition('.')[2], *filter(None, more)])}>"


def _told(thing: Thing, names: Mapping[str, str], numbers: Mapping[tuple[str, int], str]) -> str:
    def clean(value: Any, field: str) -> Any:
        if field in _VOLATILE or field.endswith("_ms") or field in _COUNTED.get(thing.kind, ()):
            return None
        if isinstance(value, dict):
            return {name: clean(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [clean(item, field) for item in value]
        if isinstance(value, int) and field in _NUMBERS:
            return numbers.get((_NUMBERS[field], value), value)
        return _without_numbers(_TIME.sub("<time>", value), numbers) if isinstance(value, str) else value

    text = json.dumps(clean(thing.document, ""), sort_keys=True, ensure_ascii=False)
    for value in sorted(names, key=len, reverse=True):
        text = text.replace(value, names[value])
    text = re.sub(r"(provision|decommission)-<service>-[0-9a-f]+(-\d+)?", r"<\1>", text)
    # Azure DevOps writes a project into addresses sometimes by its name, sometimes by its id.
    text = re.sub(r"(?<=/sandbox/)[0-9a-f-]{36}(?=/_)", PROJECT, text)
    return re.sub(r"-archived-[0-9a-f]{8}\b", "-archived", text)


def _without_numbers(text: str, numbers: Mapping[tuple[str, int], str]) -> str:
    """The text with names for the numbers in addresses."""
    for field, kind in _IN_ADDRESSES.items():
        for (owner, number), label in numbers.items():
            if owner == kind:
                text = re.sub(rf"(?<={field}=){number}\b", label, text)
    return text
