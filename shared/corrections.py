"""Where what people say of a deployment is kept in Blob: functions/delivery/corrections.py writes it, gates read it."""

import hashlib


def path_of(deployment_id: str) -> str:
    """The list of its corrections (domain.delivery.deliveries.Correction), oldest first."""
    return f"corrections/{hashlib.sha256(deployment_id.encode()).hexdigest()}.json"
