"""The estate of one made-up incident: who calls whom, on which host, and how each measures while it is well."""

from dataclasses import dataclass, field
from random import Random

SERVICES = (
    *("checkout", "payments", "catalog", "pricing", "shipping", "orders", "inventory", "invoice", "loyalty"),
    *(
        "search",
        "identity",
        "notifications",
        "billing",
        "quotes",
        "claims",
        "fleet",
        "telemetry",
        "contracts",
    ),
)
EXTERNAL = ("card-gateway", "tax-office", "maps-provider", "sms-provider", "credit-bureau")
BEFORE_MIN, AFTER_MIN = 120, 7
"""Minutes of series before the problem begins, and until somebody looks."""


@dataclass
class Node:
    """One entity. distance: along calls from the affected one. via: name of the service it carries.

    usual, noise: of each indicator, in its unit.
    """

    name: str
    entity_id: str
    type: str
    distance: int
    via: str = ""
    usual: dict[str, float] = field(default_factory=dict)
    noise: dict[str, float] = field(default_factory=dict)


@dataclass
class World:
    """affected: the service that people notice. parents: who calls, by callee. stranger: a service not round about."""

    affected: Node
    nodes: dict[str, Node]
    callers: list[str]
    parents: dict[str, str]
    hosts: list[str]
    process: str
    stranger: Node

    @property
    def callees(self) -> list[str]:
        return list(self.parents)


def build(random: Random) -> World:
    """An estate of six to eleven entities round one affected service."""
    names = random.sample(SERVICES, 9)
    affected = _service(random, names.pop(), 0)
    nodes = {affected.name: affected}
    parents: dict[str, str] = {}
    for _ in range(random.randint(2, 4)):
        callee = _callee(random, names, 1)
        nodes[callee.name], parents[callee.name] = callee, affected.name
    services = [name for name in parents if nodes[name].type == "SERVICE"]
    if services and random.random() < 0.6:
        parent = random.choice(services)
        callee = _callee(random, names, 2)
        if callee.name not in nodes:
            nodes[callee.name], parents[callee.name] = callee, parent
    callers = []
    for _ in range(random.randint(0, 2)):
        caller = _service(random, names.pop(), -1)
        nodes[caller.name] = caller
        callers.append(caller.name)
    hosts = []
    for number in range(random.randint(1, 2)):
        host = Node(f"vm-{affected.name}-{number + 1}", _id(random, "HOST"), "HOST", 1, affected.name)
        host.usual = {
            "cpu": random.uniform(20, 65),
            "memory": random.uniform(35, 70),
            "disk": random.uniform(30, 80),
        }
        host.noise = {"cpu": 4.0, "memory": 1.0, "disk": 0.2}
        nodes[host.name] = host
        hosts.append(host.name)
    process = Node(
        f"{affected.name} process", _id(random, "PROCESS_GROUP_INSTANCE"), "PROCESS_GROUP_INSTANCE", 1
    )
    process.via = affected.name
    process.usual = {"cpu": random.uniform(15, 60), "memory": random.uniform(30, 70)}
    process.noise = {"cpu": random.uniform(2, 6), "memory": random.uniform(0.4, 1.5)}
    nodes[process.name] = process
    return World(affected, nodes, callers, parents, hosts, process.name, _service(random, names.pop(), 9))


def _callee(random: Random, names: list[str], distance: int) -> Node:
    kind = random.random()
    if kind < 0.55:
        return _service(random, names.pop(), distance)
    if kind < 0.8:
        return _service(random, f"{names[-1]}-db", distance)
    node = _service(random, random.choice(EXTERNAL), distance)
    del node.usual["throughput"]
    return node


def _service(random: Random, name: str, distance: int) -> Node:
    node = Node(name, _id(random, "SERVICE"), "SERVICE", distance)
    node.usual = {
        "latency": random.uniform(30, 400),
        "errors": random.choice((0.0, 0.05, 0.2, 0.6)),
        "throughput": random.uniform(40, 1500),
    }
    node.noise = {
        "latency": node.usual["latency"] * random.uniform(0.05, 0.2),
        "errors": 0.05 + node.usual["errors"] * 0.4,
        "throughput": node.usual["throughput"] * random.uniform(0.04, 0.12),
    }
    return node


def _id(random: Random, kind: str) -> str:
    return f"{kind}-{random.randrange(16**16):016X}"
