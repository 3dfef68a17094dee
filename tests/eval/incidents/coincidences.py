"""What happens anyway, whatever the fault: changes of others, old changes, peaks, filled disks, look-alikes."""

from random import Random

from tests.eval.incidents.faults import Traces
from tests.eval.incidents.series import Effects, ramp, step
from tests.eval.incidents.world import World

CATEGORIES = ("recent_deployment", "memory_leak", "saturation", "dependency", "configuration", "quota")


def add(random: Random, world: World, effects: Effects, traces: Traces, truth: dict[str, str]) -> None:
    """Each with its own chance; several may meet."""
    own, others = world.affected.name, [*world.callers, *world.callees, world.stranger.name]
    services = [name for name in others if name not in world.nodes or world.nodes[name].type == "SERVICE"]

    def perhaps(chance: float) -> bool:
        return random.random() < chance

    if perhaps(0.45):
        traces.append(_run(random.choice(services), random.uniform(1, 110)))
    if perhaps(0.4):
        traces.append(_run(own, random.uniform(150, 1400)))
    if perhaps(0.2):
        traces.append(_run(own, random.uniform(8, 150)))
    if perhaps(0.1):
        traces.append(_run(own, random.uniform(1, 60)) | {"result": "failed"})
    if perhaps(0.15):
        traces.append(_run(own, -random.uniform(4, 15)))
    if perhaps(0.3):
        traces.append(
            {"kind": "configuration", "name": random.choice(services), "ago": random.uniform(1, 120)}
        )
    if perhaps(0.1):
        traces.append({"kind": "configuration", "name": own, "ago": random.uniform(60, 600)})
    if perhaps(0.4):
        traces.append({"kind": "certificate", "name": own, "expired": -random.uniform(2, 60) * 1440})
    if perhaps(0.08):
        expired = random.uniform(10, 90) * 1440
        traces.append({"kind": "certificate", "name": random.choice(world.callees), "expired": expired})
    if perhaps(0.4):
        used = random.uniform(300, 880)
        traces.append(
            {"kind": "quota", "name": random.choice([own, *world.callees]), "used": used, "limit": 1000}
        )
    if perhaps(0.3):
        until = random.uniform(-120, 40)
        traces.append(
            {"kind": "change", "name": random.choice(services), "ago": 60, "until": until, "planned": True}
        )
    if perhaps(0.12):
        traces.append({"kind": "maintenance", "name": world.stranger.name, "ago": 60, "until": -60})
    if perhaps(0.4):
        traces.append({"kind": "cost", "name": own})
    if perhaps(0.2):
        traffic = world.affected.usual["throughput"] * random.uniform(0.2, 0.7)
        effects.add(own, "throughput", ramp(traffic, -random.randint(10, 60), 0))
        effects.add(world.process, "cpu", ramp(random.uniform(5, 15), -20, 0))
    if perhaps(0.15):
        world.nodes[random.choice(world.hosts)].usual[random.choice(("disk", "cpu"))] = random.uniform(85, 93)
    if perhaps(0.15):
        effects.add(world.process, "memory", ramp(random.uniform(4, 12), -180, 20))
    if perhaps(0.2):
        neighbour = random.choice([*world.callers, *world.callees])
        node = world.nodes[neighbour]
        since = random.randint(2, 10)
        effects.add(neighbour, "latency", step(node.usual["latency"] * random.uniform(0.5, 2), since))
    if perhaps(0.35):
        category = truth["category"] if perhaps(0.5) else random.choice(CATEGORIES)
        traces.append(
            {"kind": "similar", "name": own, "category": category, "similarity": random.uniform(0.3, 0.95)}
        )
    if truth["category"] not in ("infrastructure", "unknown") and perhaps(0.7):
        flagged = truth["component"] if perhaps(0.8) else own
        traces.append({"kind": "finding", "name": flagged, "type": "EVENT", "root_cause": True})
    elif perhaps(0.5):
        traces.append({"kind": "finding", "name": own, "type": "METRIC", "root_cause": False})


def _run(name: str, ago: float) -> dict[str, object]:
    return {"kind": "run", "name": name, "ago": ago, "result": "succeeded"}
