"""What can go wrong with a service, kind by kind: each plot leaves the traces such a fault leaves in Dynatrace.

A plot answers with the truth: the entity at the root and its category (shared words of the app's causes). A process
leaks what its service makes it leak: the service is the root.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sandbox.vendors.clock import iso
from sandbox.vendors.dynatrace.scene import (
    ERRORS,
    HOST_CPU,
    HOST_DISK,
    LATENCY,
    PROCESS_MEMORY,
    Scene,
)


class Truth(NamedTuple):
    """component: id of the entity at the root, "" where nothing is wrong."""

    component: str
    category: str


class Plot(NamedTuple):
    """title, severity: of the problem that Dynatrace opens."""

    title: str
    severity: str
    tell: Callable[[Scene, Mapping[str, Any]], Truth]


def _bad_deployment(scene: Scene, body: Mapping[str, Any]) -> Truth:
    """A new version, and errors from the minute it is out."""
    service = scene.place.service
    properties = {
        "commit": str(body.get("commit", "b" * 40)),
        "dt.event.deployment.version": str(body.get("version", "42")),
    }
    scene.event(service, "CUSTOM_DEPLOYMENT", f"{scene.place.name} 42", 4, properties)
    scene.raise_metrics(service, 2)
    scene.log(service, "NullPointerException in PriceCalculator.total for order {n}", 40, 2)
    return Truth(service, "recent_deployment")


def _memory_leak(scene: Scene, _: Mapping[str, Any]) -> Truth:
    """Memory climbs, a restart resets it, it climbs again until collecting garbage is all that is done."""
    place = scene.place
    scene.ramp(place.process, PROCESS_MEMORY, 200, 105, 100)
    scene.ramp(place.process, PROCESS_MEMORY, 100, 1)
    scene.raise_metrics(place.service, 1, LATENCY)
    scene.log(place.service, "Garbage collection took {n} ms", 6, 30, "WARN")
    scene.log(place.service, "java.lang.OutOfMemoryError: Java heap space", 3, 1)
    return Truth(place.service, "memory_leak")


def _saturation(scene: Scene, body: Mapping[str, Any]) -> Truth:
    """The host has no more to give. resource: cpu, or disk, which fills up over hours."""
    place = scene.place
    if body.get("resource") == "disk":
        scene.ramp(place.host, HOST_DISK, 360, 2)
        scene.raise_metrics(place.service, 1, ERRORS)
        scene.log(place.service, "Cannot write segment {n}: No space left on device", 20, 1)
    else:
        scene.raise_metrics(place.host, 6, HOST_CPU)
        scene.raise_metrics(place.service, 2, LATENCY)
        scene.log(place.service, "Request {n} waited too long for a thread", 10, 2, "WARN")
    return Truth(place.host, "saturation")


def _dependency(scene: Scene, _: Mapping[str, Any]) -> Truth:
    """What it calls is sick first."""
    place = scene.place
    scene.raise_metrics(place.dependency, 6)
    scene.log(place.dependency, "Lock wait timeout exceeded in transaction {n}", 30, 6)
    scene.raise_metrics(place.service, 2)
    scene.log(place.service, f"Call {{n}} to {place.dependency_name} timed out", 25, 2)
    return Truth(place.dependency, "dependency")


def _configuration(scene: Scene, _: Mapping[str, Any]) -> Truth:
    """Somebody changed a setting; no version went out."""
    service = scene.place.service
    scene.event(service, "CUSTOM_CONFIGURATION", "Connection pool size: 50 to 5", 3, {"key": "pool.size"})
    scene.raise_metrics(service, 2)
    scene.log(service, "Connection pool exhausted: {n} requests wait", 35, 2)
    return Truth(service, "configuration")


def _certificate(scene: Scene, _: Mapping[str, Any]) -> Truth:
    """A certificate has expired: errors from that second on."""
    service = scene.place.service
    expiry = {"certificate.expires_at": iso(scene.at(1)), "certificate.subject": f"CN={scene.place.name}"}
    scene.event(service, "CUSTOM_INFO", "Certificate checked", 12 * 60, expiry)
    scene.raise_metrics(service, 1, ERRORS)
    scene.log(service, "TLS handshake {n} failed: certificate has expired", 45, 1)
    return Truth(service, "certificate")


def _quota(scene: Scene, _: Mapping[str, Any]) -> Truth:
    """Something that is counted has run out."""
    service = scene.place.service
    used = {"quota.name": "requests per day", "quota.used": "100000", "quota.limit": "100000"}
    scene.event(service, "CUSTOM_INFO", "Quota of the payment provider", 10, used)
    scene.raise_metrics(service, 1, ERRORS)
    scene.log(service, "Provider refused call {n}: 429 quota exceeded", 45, 1)
    return Truth(service, "quota")


def _nothing(_: Scene, __: Mapping[str, Any]) -> Truth:
    """A false alarm: all is as it always is."""
    return Truth("", "unknown")


PLOTS = {
    "recent_deployment": Plot("Failure rate increase", "ERROR", _bad_deployment),
    "memory_leak": Plot("Response time degradation", "PERFORMANCE", _memory_leak),
    "saturation": Plot("Response time degradation", "PERFORMANCE", _saturation),
    "dependency": Plot("Multiple service problems", "ERROR", _dependency),
    "configuration": Plot("Failure rate increase", "ERROR", _configuration),
    "certificate": Plot("Failure rate increase", "ERROR", _certificate),
    "quota": Plot("Failure rate increase", "ERROR", _quota),
    "none": Plot("Failure rate increase", "ERROR", _nothing),
}
