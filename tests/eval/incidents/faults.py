"""The injected faults: what each does to the estate, and the trace it leaves in other sources.

Each answers {"component", "category", "decisive"}: the truth, and the source that holds what tells it apart.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.eval.incidents.series import Effects, ramp, step, suffer
from tests.eval.incidents.world import World

type Traces = list[dict[str, Any]]
type Fault = Callable[[Random, World, Effects, Traces], dict[str, str]]


def bad_deploy(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    """A deployment of the affected service or of one it calls, minutes before; now and then it takes an hour."""
    where = _own_or_called(random, world, 0.75)
    ago = random.uniform(1, 25) if random.random() < 0.8 else random.uniform(25, 100)
    traces.append({"kind": "run", "name": where, "ago": ago, "result": "succeeded"})
    if random.random() < 0.7:
        traces.append({"kind": "deployment", "name": where, "ago": ago - random.uniform(0, 1)})
    if random.random() < 0.3:
        traces.append({"kind": "change", "name": where, "ago": ago + 10, "until": ago - 30, "planned": True})
    suffer(random, world, effects, where, random.uniform(0.5, 1.6))
    if where == world.affected.name and random.random() < 0.35:
        effects.add(world.process, "cpu", step(random.uniform(10, 45)))
    if where == world.affected.name and random.random() < 0.2:
        effects.add(world.process, "memory", step(random.uniform(5, 20)))
    return _truth(where, "recent_deployment", "deployments")


def memory_leak(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    """Of the affected service's process: that of others is not measured."""
    where = world.affected.name
    room = random.uniform(85, 99) - world.nodes[world.process].usual["memory"]
    effects.add(world.process, "memory", ramp(room, -random.randint(60, 400), random.randint(-5, 10)))
    suffer(random, world, effects, where, random.uniform(0.5, 1.2))
    if random.random() < 0.5:
        effects.add(world.process, "cpu", step(random.uniform(10, 30)))
    if random.random() < 0.4:
        traces.append({"kind": "run", "name": where, "ago": random.uniform(200, 2000), "result": "succeeded"})
    return _truth(where, "memory_leak", "metrics")


def saturation(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    """Load that the processors do not carry, or a host's processors or disk that are used up."""
    where, measured, indicator = world.affected.name, world.process, "cpu"
    if random.random() < 0.5:
        grow = world.affected.usual["throughput"] * random.uniform(0.5, 1.5)
        effects.add(where, "throughput", ramp(grow, -random.randint(8, 30), 0))
    else:
        where = measured = random.choice(world.hosts)
        indicator = random.choice(("cpu", "disk"))
    room = random.uniform(90, 101) - world.nodes[measured].usual[indicator]
    begin = -random.randint(40, 300) if indicator == "disk" else -random.randint(2, 25)
    effects.add(measured, indicator, ramp(room, begin, 0))
    suffer(random, world, effects, world.affected.name, random.uniform(0.4, 1.2))
    return _truth(where, "saturation", "metrics")


def dependency(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    where = random.choice(world.callees)
    suffer(random, world, effects, where, random.uniform(0.6, 2.0))
    return _truth(where, "dependency", "metrics")


def configuration(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    where = _own_or_called(random, world, 0.75)
    traces.append({"kind": "configuration", "name": where, "ago": random.uniform(0.5, 30)})
    suffer(random, world, effects, where, random.uniform(0.5, 1.6))
    return _truth(where, "configuration", "configuration")


def certificate(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    """It expires; whoever calls feels it, while the one called may look well."""
    where = random.choice([world.affected.name, *world.callees])
    traces.append({"kind": "certificate", "name": where, "expired": random.uniform(-1, 12)})
    seen = where == world.affected.name or random.random() < 0.4
    suffer(random, world, effects, where if seen else world.parents[where], random.uniform(0.8, 2.0))
    return _truth(where, "certificate", "certificates")


def quota(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    where = random.choice([world.affected.name, *world.callees])
    limit = random.choice((1_000, 5_000, 20_000, 100_000))
    traces.append(
        {"kind": "quota", "name": where, "used": limit * random.choice((1.0, 1.0, 0.98)), "limit": limit}
    )
    suffer(random, world, effects, where, random.uniform(0.4, 1.2))
    return _truth(where, "quota", "quotas")


def infrastructure(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    where = random.choice(world.hosts)
    traces.append({"kind": "finding", "name": where, "type": "AVAILABILITY_EVIDENCE", "root_cause": True})
    suffer(random, world, effects, world.affected.name, random.uniform(0.8, 2.0))
    return _truth(where, "infrastructure", "problem")


def none(random: Random, world: World, effects: Effects, traces: Traces) -> dict[str, str]:
    """Nothing that any source knows of: a short dent, or work that was announced."""
    node = world.affected
    until = random.randint(4, 25)
    which = random.choice(("latency", "errors"))
    height = node.usual["latency"] * random.uniform(0.3, 1.2) if which == "latency" else random.uniform(1, 6)
    effects.add(node.name, which, step(height, 0, until))
    if random.random() < 0.3:
        traces.append({"kind": "maintenance", "name": node.name, "ago": random.uniform(1, 40), "until": -60})
    return _truth("", "unknown", "")


FAULTS: dict[str, Fault] = {
    "bad_deploy": bad_deploy,
    "memory_leak": memory_leak,
    "saturation": saturation,
    "dependency": dependency,
    "configuration": configuration,
    "certificate": certificate,
    "quota": quota,
    "infrastructure": infrastructure,
    "none": none,
}


def _own_or_called(random: Random, world: World, own: float) -> str:
    called = [name for name in world.callees if world.nodes[name].type == "SERVICE"]
    return world.affected.name if not called or random.random() < own else random.choice(called)


def _truth(component: str, category: str, decisive: str) -> dict[str, str]:
    return {"component": component, "category": category, "decisive": decisive}
