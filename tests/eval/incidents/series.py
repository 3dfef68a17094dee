"""Series of the estate, minute by minute: what is usual, what the fault adds, and how it travels to who calls."""

from collections import defaultdict
from collections.abc import Callable
from random import Random

from tests.eval.incidents.world import AFTER_MIN, BEFORE_MIN, Node, World

type Effect = Callable[[int], float]
"""What a minute (0: the first symptom) adds to an indicator, in its own unit."""

PERCENT = ("cpu", "memory", "disk", "connections", "errors")


class Effects:
    """What adds to which indicator of whom."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], list[Effect]] = defaultdict(list)

    def add(self, name: str, indicator: str, effect: Effect) -> None:
        self._of[name, indicator].append(effect)

    def at(self, name: str, indicator: str, minute: int) -> float:
        return sum(effect(minute) for effect in self._of[name, indicator])

    def touched(self, name: str) -> bool:
        return any(key[0] == name for key in self._of)


def step(height: float, since: int = 0, until: int | None = None) -> Effect:
    return lambda minute: height if minute >= since and (until is None or minute < until) else 0.0


def ramp(height: float, begin: int, end: int) -> Effect:
    """Grows evenly from `begin` to `end`, then stays."""
    return lambda minute: height * min(1.0, max(0.0, (minute - begin) / max(1, end - begin)))


def suffer(
    random: Random, world: World, effects: Effects, name: str, strength: float, since: int = 0
) -> None:
    """Give somebody symptoms, and its callers weaker ones a little later, up to those who call the affected one."""
    node = world.nodes[name]
    if "latency" in node.usual:
        slow, failing = random.choice(((1.0, 0.15), (0.2, 1.0), (0.8, 0.8)))
        effects.add(name, "latency", step(node.usual["latency"] * 1.6 * strength * slow, since))
        effects.add(name, "errors", step(random.uniform(4, 25) * strength * failing, since))
        if "throughput" in node.usual and random.random() < 0.4:
            effects.add(name, "throughput", step(-0.3 * strength * node.usual["throughput"], since + 1))
    weaker = strength * random.uniform(0.45, 0.95)
    later = since + random.choice((0, 0, 1, 1, 2, 4))
    if name in world.parents:
        suffer(random, world, effects, world.parents[name], weaker, later)
    elif name == world.affected.name:
        for caller in world.callers:
            if random.random() < 0.7:
                suffer(random, world, effects, caller, weaker, later)


def points(
    random: Random, node: Node, indicator: str, effects: Effects, start_ms: int, lag_min: int
) -> list[tuple[int, float | None]]:
    """One point a minute, some of them gaps. start_ms: when Dynatrace opened the problem, lag_min after the symptom."""
    usual, noise = node.usual[indicator], node.noise.get(indicator, 1.0)
    made: list[tuple[int, float | None]] = []
    for minute in range(-BEFORE_MIN, AFTER_MIN + 1):
        value = usual + random.gauss(0, noise) + effects.at(node.name, indicator, minute + lag_min)
        if random.random() < 0.01:
            value += random.uniform(3, 8) * noise
        value = min(100.0, max(0.0, value)) if indicator in PERCENT else max(0.0, value)
        made.append((start_ms + minute * 60_000, None if random.random() < 0.03 else round(value, 3)))
    return made
