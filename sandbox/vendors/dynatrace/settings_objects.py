"""Which settings objects there are, and what an environment has against a new one.

`settings.py` puts it on the wire.
"""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from sandbox.vendors.clock import now_ms
from sandbox.vendors.dynatrace import object_ids
from sandbox.vendors.dynatrace.schemas import SCHEMAS
from sandbox.vendors.store import Collection

type Object = dict[str, Any]
type Answer = dict[str, Any]
"""What becomes of one object: {"code", "objectId"} or {"code", "error", "invalidValue"}."""

_SCOPE = "environment"


class Objects:
    """The objects, in the order in which they were made."""

    def __init__(self, kept: Collection) -> None:
        self._kept = kept

    def get(self, object_id: str) -> Object | None:
        return self._kept.get(object_id)

    def all(self) -> list[Object]:
        return self._kept.all()

    def delete(self, object_id: str) -> None:
        self._kept.delete(object_id)

    def make(self, draft: Mapping[str, Any], number: int, keep: bool) -> Answer:
        """Make one object; the one of its external id, if there is one, gets the value instead."""
        schema_id, scope = draft.get("schemaId"), draft.get("scope", _SCOPE)
        if schema_id not in SCHEMAS:
            return refused(HTTPStatus.NOT_FOUND, f"Schema '{schema_id}' not found")
        if scope != _SCOPE:
            return refused(HTTPStatus.NOT_FOUND, f"Scope '{scope}' not found")
        external_id = draft.get("externalId")
        known = self._keyed(schema_id, external_id) if external_id else None
        if fault := self.fault(schema_id, draft.get("value"), number, known["objectId"] if known else ""):
            return fault
        if not keep:
            return {"code": HTTPStatus.OK}
        if known is None:
            object_id, numeric_id = object_ids.new(schema_id)
            known = {"objectId": object_id, "numericId": numeric_id, "schemaId": schema_id, "scope": scope}
            known |= {"externalId": external_id, "author": "sandbox", "created": now_ms()}
        made = self.put({**known, "value": draft["value"]})
        return {"code": HTTPStatus.OK, "objectId": made["objectId"]}

    def put(self, one: Object) -> Object:
        changed = {"modified": now_ms(), "updateToken": secrets.token_urlsafe(24)}
        schema = SCHEMAS[one["schemaId"]]
        shown = {"schemaVersion": schema.version, "summary": schema.name_of(one["value"])}
        return self._kept.put(one["objectId"], {**one, **changed, **shown})

    def fault(self, schema_id: str, value: Any, number: int, object_id: str) -> Answer | None:
        """What the schema, or another object, has against the value of the object of this id."""
        schema = SCHEMAS[schema_id]
        if not isinstance(value, dict):
            return refused(
                HTTPStatus.BAD_REQUEST, "Validation failed", [(f"{schema_id}/{number}", "is no object")]
            )
        faults = list(schema.faults(value))
        others = [
            one for one in self._kept.all() if one["schemaId"] == schema_id and one["objectId"] != object_id
        ]
        if schema.unique and any(one["value"]["name"] == value.get("name") for one in others):
            faults.append(("name", f"must be unique: another {schema.thing} has this name"))
        zone = value.get("managementZone")
        if zone and zone not in {one["numericId"] for one in self._kept.all()}:
            faults.append(("managementZone", "is not the id of a management zone"))
        if not faults:
            return None
        paths = [(f"{schema_id}/{number}/{path}", message) for path, message in faults]
        message = f"Validation failed for {len(faults)} Validators."
        return {**refused(HTTPStatus.BAD_REQUEST, message, paths), "invalidValue": value}

    def _keyed(self, schema_id: str, external_id: str) -> Object | None:
        every = self._kept.all()
        return next(
            (one for one in every if (one["schemaId"], one["externalId"]) == (schema_id, external_id)), None
        )


def refused(code: int, message: str, faults: Sequence[tuple[str, str]] = ()) -> Answer:
    """The answer for an object that is not taken. faults: (path, message)."""
    error: dict[str, Any] = {"code": int(code), "message": message}
    if faults:
        error["constraintViolations"] = [
            {"path": path, "message": text, "parameterLocation": "PAYLOAD_BODY"} for path, text in faults
        ]
    return {"code": int(code), "error": error}
