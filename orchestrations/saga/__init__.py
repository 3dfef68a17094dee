"""The one saga engine: `saga` has the steps, `lines` runs them side by side, `status` is what shows."""

from orchestrations.saga.calls import Steps, Value
from orchestrations.saga.ends import StepFailed, Stopped
from orchestrations.saga.saga import CANCEL, Saga, Undo
from orchestrations.saga.status import SETTLED

__all__ = ["CANCEL", "SETTLED", "Saga", "StepFailed", "Steps", "Stopped", "Undo", "Value"]
