"""Activities on Teams: notices in the operations channel."""

import time

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.security import links
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def post_card(payload: dict) -> Value:  # type: ignore[type-arg]
    """Post an Adaptive Card. sign_for: the operation whose approval link in the card is to be signed, or "".

    valid_for_s: how long that link holds; as long as an approval may wait, where it is not given.

    The signature is made here because orchestrators read no secrets. A post whose answer never came is not
    sent again: the outcome says so and the incident tells it.
    """
    card = payload["card"]
    if payload.get("sign_for"):
        valid_for_s = payload.get("valid_for_s") or services().settings.approval_timeout_minutes * 60
        actions = [_signed(action, payload["sign_for"], valid_for_s) for action in card["actions"]]
        card = {**card, "actions": actions}
    await services().teams.post_card(card)
    return {"result": "created"}


def _signed(action: dict, operation_id: str, valid_for_s: float) -> dict:  # type: ignore[type-arg]
    if not action["url"].endswith(f"/api/approvals/{operation_id}"):
        return action
    settings = services().settings
    expires_at_s = int(time.time() + valid_for_s)
    url = links.approval_address(
        action["url"], settings.link_secrets, operation_id, expires_at_s=expires_at_s
    )
    return {**action, "url": url}
