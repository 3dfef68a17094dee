"""What an environment of a path costs, and why a person must agree to it. Pure; parameters are complete."""

from collections.abc import Mapping
from typing import Any

from shared.golden_paths.catalogue import GoldenPath


def monthly_brl(path: GoldenPath, parameters: Mapping[str, Any]) -> int:
    """The estimate for the environment asked for: BRL a month, rounded up."""
    amount = float(path.estimate["monthly_brl"][parameters["environment"]])
    for name, factors in path.estimate.get("factors", {}).items():
        amount *= factors.get(str(parameters.get(name)), 1)
    return -int(-amount // 1)


def approval_reasons(path: GoldenPath, parameters: Mapping[str, Any]) -> list[str]:
    """Which of the path's rules ask for a person: "tier", "environment", "monthly_brl"; empty when none does."""
    policy = path.policies["approval"]
    limit = policy.get("monthly_brl_above")
    holds = {
        "tier": parameters["tier"] in policy.get("tiers", ()),
        "environment": parameters["environment"] in policy.get("environments", ()),
        "monthly_brl": limit is not None and monthly_brl(path, parameters) > limit,
    }
    return [reason for reason, asked in holds.items() if asked]
