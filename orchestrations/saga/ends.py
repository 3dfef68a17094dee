"""How a saga's steps end early."""


class StepFailed(Exception):  # raised and caught inside one orchestrator, never crosses a boundary
    """A step will not succeed: refused, or its vendor stayed away for too long."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step, self.reason = step, reason


class Stopped(Exception):
    """The saga begins no further step: somebody cancelled it, or a step beside this one failed."""
