"""How runs shall go: how long they take, and which of the next ones fail, and where."""

from collections.abc import Mapping
from typing import Any

from sandbox.vendors.azure_devops.stages import DEPLOY, STAGES
from sandbox.vendors.control import wrong
from sandbox.vendors.store import Collection, Document

RUN_SECONDS = 4.0
RESULTS = ("canceled", "failed", "succeeded")
_FIELDS = {"run_seconds", "next_result", "fail"}
_FAIL_FIELDS = {"pipeline", "stage", "times", "action"}


class RunConfig:
    """{"run_seconds", "next_result": of the next run alone, "fail": [{"pipeline", "stage", "times", "action"?}]}

    fail: so many of the next runs of the pipeline of this name (those with this action) fail at this stage.
    """

    def __init__(self, kept: Collection) -> None:
        self._kept = kept

    def shown(self) -> Document:
        defaults = {"run_seconds": RUN_SECONDS, "next_result": "succeeded", "fail": []}
        return defaults | (self._kept.get("config") or {})

    def change(self, changes: Mapping[str, Any]) -> Document:
        """Put what is given; the rest stays. Raises: Refusal, of the control API."""
        if unknown := changes.keys() - _FIELDS:
            raise wrong(f"unknown fields: {', '.join(sorted(unknown))}")
        seconds = changes.get("run_seconds", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise wrong("run_seconds must be a number of at least 0")
        if changes.get("next_result", "succeeded") not in RESULTS:
            raise wrong(f"next_result must be one of {', '.join(RESULTS)}")
        failures = changes.get("fail", [])
        if not isinstance(failures, list):
            raise wrong("fail must be a list")
        fail = [_failure(one) for one in failures]
        return self._put({**changes, **({"fail": fail} if "fail" in changes else {})})

    def take(self, pipeline: str, action: str) -> tuple[float, str, str]:
        """For the run that starts now: its seconds, its result, and the stage at which it ends if not well."""
        config = self.shown()
        for place, one in enumerate(config["fail"]):
            if one["pipeline"].casefold() == pipeline.casefold() and one.get("action", action) == action:
                left = [{**one, "times": one["times"] - 1}] if one["times"] > 1 else []
                self._put({"fail": [*config["fail"][:place], *left, *config["fail"][place + 1 :]]})
                return config["run_seconds"], "failed", one["stage"]
        if config["next_result"] != "succeeded":
            self._put({"next_result": "succeeded"})
        return config["run_seconds"], config["next_result"], DEPLOY

    def _put(self, changes: Mapping[str, Any]) -> Document:
        return self._kept.put("config", {**self.shown(), **changes})


def _failure(one: object) -> dict[str, Any]:
    if not isinstance(one, dict) or not isinstance(one.get("pipeline"), str):
        raise wrong("a failure needs the name of a pipeline")
    if unknown := one.keys() - _FAIL_FIELDS:
        raise wrong(f"unknown fields: {', '.join(sorted(unknown))}")
    if one.get("stage") not in STAGES:
        raise wrong(f"stage must be one of {', '.join(STAGES)}")
    times = one.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise wrong("times must be a whole number of at least 1")
    if not isinstance(one.get("action", ""), str):
        raise wrong("action must be a text")
    return {**one, "times": times}
