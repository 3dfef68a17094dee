"""A durable client over a dictionary: instances can be started, looked at and told events."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any


@dataclass
class Instance:
    name: str
    instance_id: str
    request: Any = None
    status: str = "RUNNING"
    output: Any = None
    custom_status: Any = None
    failure: str = ""
    events: list[tuple[str, Any]] = field(default_factory=list)
    created_at: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def state(self) -> Any:
        return SimpleNamespace(
            instance_id=self.instance_id,
            name=self.name,
            runtime_status=SimpleNamespace(name=self.status),
            created_at=self.created_at,
            last_updated_at=self.created_at,
            serialized_input=None if self.request is None else json.dumps(self.request),
            serialized_output=None if self.output is None else json.dumps(self.output),
            serialized_custom_status=None if self.custom_status is None else json.dumps(self.custom_status),
            failure_details=SimpleNamespace(message=self.failure) if self.failure else None,
        )


class FakeDurableClient:
    """`unseen`: ids that a look does not find although they are there, as when two starters race."""

    def __init__(self) -> None:
        self.instances: dict[str, Instance] = {}
        self.unseen: set[str] = set()
        self.starts = 0

    def add(self, instance: Instance) -> Instance:
        self.instances[instance.instance_id] = instance
        return instance

    async def get_orchestration_state(self, instance_id: str, *, fetch_payloads: bool = True) -> Any:
        if instance_id in self.unseen or instance_id not in self.instances:
            return None
        return self.instances[instance_id].state()

    async def get_all_orchestration_states(self, query: Any = None) -> list[Any]:
        return [instance.state() for instance in self.instances.values()]

    async def schedule_new_orchestration(
        self, name: str, *, input: Any, instance_id: str, version: str
    ) -> str:
        import grpc

        if instance_id in self.instances:

            class AlreadyExists(grpc.RpcError):
                def code(self) -> grpc.StatusCode:
                    return grpc.StatusCode.ALREADY_EXISTS

            raise AlreadyExists
        self.starts += 1
        self.add(Instance(name, instance_id, request=input))
        return instance_id

    async def raise_orchestration_event(self, instance_id: str, name: str, *, data: Any) -> None:
        self.instances[instance_id].events.append((name, data))
