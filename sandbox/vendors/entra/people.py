"""Who there is in the sandbox's directory, and which applications."""

import uuid
from dataclasses import dataclass

TENANT = "5b6f0c5e-6f0e-4c3a-9a57-76616c756566"
"""The tenant of tokens made by the control API when none is named. The issuer takes any tenant's address."""

READER, REQUESTER = "Platform.Reader", "Platform.Requester"
APPROVER, ADMIN = "Platform.Approver", "Platform.Admin"
_NAMESPACE = uuid.UUID("6f1c1f2e-8d7b-4d0a-9f2b-2b8a4f0c7a11")


@dataclass(frozen=True)
class Person:
    """key: what forms and the control API name the person by."""

    key: str
    name: str
    roles: tuple[str, ...]

    @property
    def username(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@sandbox.example"

    @property
    def oid(self) -> str:
        return str(uuid.uuid5(_NAMESPACE, self.key))


@dataclass(frozen=True)
class Client:
    """An application. roles: what its own tokens carry. secret: the name of its secret in the credentials."""

    id: str
    secret: str
    roles: tuple[str, ...] = ()

    @property
    def oid(self) -> str:
        return str(uuid.uuid5(_NAMESPACE, f"client/{self.id}"))


PEOPLE = (
    Person("ana", "Ana Souza", (APPROVER, READER)),
    Person("bruno", "Bruno Lima", (REQUESTER, READER)),
    Person("carla", "Carla Dias", (ADMIN, READER, APPROVER)),
    Person("davi", "Davi Rocha", (READER,)),
)
CLIENTS = (
    Client("valueflow", "client_secret"),
    Client("backstage", "backstage_secret", (REQUESTER, READER)),
    Client("operator", "operator_secret", (ADMIN, READER, APPROVER)),
)


def person(wanted: str) -> Person | None:
    """By key, name or user name."""
    same = wanted.casefold()
    return next((one for one in PEOPLE if same in (one.key, one.name.casefold(), one.username)), None)


def client(wanted: str) -> Client | None:
    return next((one for one in CLIENTS if one.id == wanted), None)
