"""The registry's services as a Backstage catalog: a Component each, a System per product, a Group per owner where
wanted. Pure: documents in, entities out.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.plain import plain
from shared.domain.service.catalog_component import Addresses, Entity, Service, component, entity
from shared.domain.service.catalog_names import is_name, names, reference, same, sharing

Owner = tuple[str, str, str]
"""Kind, namespace and name of an entity reference."""


@dataclass(frozen=True)
class Catalog:
    """remarks: what a person should mend in the registry, one sentence each."""

    entities: list[Entity]
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Names:
    """The names of the whole registry, so that one service alone is told as among all."""

    systems: Mapping[str, str]
    teams: Mapping[str, str]

    def system(self, service: Service) -> str:
        return self.systems[same(service["product"])]

    def owner(self, service: Service) -> Owner:
        return reference(service["owner"]) or ("group", "default", self.teams[same(service["owner"])])


def catalog(
    services: Sequence[Service],
    addresses: Addresses,
    *,
    types: Mapping[str, str] | None = None,
    groups: bool = False,
    only: str | None = None,
) -> Catalog:
    """All entities, by kind and name.

    types: spec.type by golden path; "service" for all others. groups: no other source brings the owners, so make
    them. only: the one service whose entities are wanted; none when the registry does not have it.
    """
    told = [service for service in services if is_name(service["name"])]
    found = _Names(names(service["product"] for service in told), _teams(told))
    shown = [service for service in told if only in (None, service["name"])]
    made = [
        component(
            service,
            addresses,
            type=(types or {}).get(_path(service), "service"),
            owner=_text(found.owner(service)),
            system=found.system(service),
        )
        for service in shown
    ]
    made += _systems(told, {found.system(service) for service in shown}, found, addresses)
    made += _groups(shown, found, addresses) if groups else []
    made.sort(key=lambda each: (each["kind"], each["metadata"]["name"]))
    return Catalog(made, _remarks(services, found))


def _systems(
    told: Sequence[Service], wanted: Collection[str], found: _Names, addresses: Addresses
) -> list[Entity]:
    """A product is owned by the team that owns most of its services."""
    of_system: defaultdict[str, list[Service]] = defaultdict(list)
    for service in told:
        of_system[found.system(service)].append(service)
    made = []
    for system in wanted:
        parts = of_system[system]
        owners = Counter(_text(found.owner(service)) for service in parts)
        owner = min(owners, key=lambda each: (-owners[each], each))
        title = plain(min(service["product"] for service in parts), 100)
        made.append(entity("System", {"name": system, "title": title}, {"owner": owner}, addresses))
    return made


def _groups(shown: Sequence[Service], found: _Names, addresses: Addresses) -> list[Entity]:
    """Groups of the default namespace; users, and what stands in other namespaces, come from elsewhere."""
    made: dict[str, Entity] = {}
    for service in sorted(shown, key=lambda each: str(each["owner"])):
        kind, namespace, name = found.owner(service)
        if (kind, namespace) == ("group", "default"):
            title = name if reference(service["owner"]) else plain(service["owner"], 100)
            spec = {"type": "team", "children": []}
            made.setdefault(name.lower(), entity("Group", {"name": name, "title": title}, spec, addresses))
    return list(made.values())


def _teams(told: Sequence[Service]) -> dict[str, str]:
    """Names for owners in free text; those written as references keep theirs, whatever else would come to it."""
    taken = {owner[2].lower() for service in told if (owner := reference(service["owner"]))}
    return names((service["owner"] for service in told if not reference(service["owner"])), taken)


def _remarks(services: Sequence[Service], found: _Names) -> list[str]:
    left_out = [
        f"The service {plain(service['name'], 80)} is left out: Backstage does not take its name."
        for service in services
        if not is_name(service["name"])
    ]
    named = (("product", found.systems), ("owner", found.teams))
    return left_out + [
        f"The {what} {plain(text, 100)} comes to the name {slug}, which another has; "
        f"it is called {texts[text]}. If the two are one, write them alike."
        for what, texts in named
        for text, slug in sharing(texts).items()
    ]


def _path(service: Service) -> str:
    return str((service.get("golden_path") or {}).get("name") or "")


def _text(owner: Owner) -> str:
    kind, namespace, name = owner
    return f"{kind}:{namespace}/{name}"
