"""Start an orchestration once: its instance id is the idempotency key, and a finished one is not started again."""

from dataclasses import asdict, dataclass
from typing import Any

import azure.durable_functions as df

from shared.settings import Settings

VERSION = "1"
"""Of the orchestrators. A change that a running instance could not replay needs the next one."""


@dataclass(frozen=True)
class Policy:
    """What an orchestration may spend, in seconds: data in its input, so that a replay sees what it saw before."""

    retry_first_s: float
    retry_max_s: float
    retry_for_s: float
    approval_timeout_s: float
    action_timeout_s: float
    run_poll_s: float
    monitoring_wait_s: float
    verification_timeout_s: float
    verification_poll_s: float


def policy(settings: Settings) -> dict[str, float]:
    """The policy these settings make."""
    return asdict(
        Policy(
            retry_first_s=settings.retry_first_s,
            retry_max_s=settings.retry_max_s,
            retry_for_s=settings.retry_for_minutes * 60,
            approval_timeout_s=settings.approval_timeout_minutes * 60,
            action_timeout_s=settings.action_timeout_minutes * 60,
            run_poll_s=settings.run_poll_s,
            monitoring_wait_s=settings.monitoring_wait_minutes * 60,
            verification_timeout_s=settings.verification_timeout_minutes * 60,
            verification_poll_s=settings.verification_poll_s,
        )
    )


def settled(settings: Settings) -> dict[str, Any]:
    """What these settings say to every operation: its policy, the language people read, the app's own address."""
    return {
        "policy": policy(settings),
        "language": settings.default_language,
        "public_url": settings.public_url,
    }


async def start_once(
    client: df.DurableFunctionsClient, orchestrator: str, instance_id: str, request: dict[str, Any]
) -> bool:
    """Start it unless it was ever started. Returns whether this call did."""
    import grpc

    if await client.get_orchestration_state(instance_id, fetch_payloads=False) is not None:
        return False
    try:
        await client.schedule_new_orchestration(
            orchestrator, input=request, instance_id=instance_id, version=VERSION
        )
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.ALREADY_EXISTS:
            return False
        raise
    return True
