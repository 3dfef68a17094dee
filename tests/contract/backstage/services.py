"""Registry documents as they come: provisioned, by hand, and with the worst a person can type."""

from typing import Any

from tests.unit.shared.domain.service.test_catalog import BY_HAND, PROVISIONED

AWKWARD = [
    "1e5",
    "yes",
    "null",
    "~",
    "- x",
    "a: b",
    "#",
    "'",
    '"',
    "{{ x }}",
    "${{ x }}",
    "\u2028",
    "商店",
    "é" * 90,
]
SERVICES: list[dict[str, Any]] = [
    BY_HAND,
    PROVISIONED,
    {**PROVISIONED, "name": "z" * 63, "golden_path": {"name": "angular-web", "version": "1.0.0"}},
    {**BY_HAND, "name": "typo", "product": "Loja-Online", "owner": "Time  Checkout!"},
    *(
        {
            **PROVISIONED,
            "name": f"awkward-{number}",
            "product": text,
            "owner": text,
            "description": text,
            "cost_center": text,
            "azure_devops": {"project": text, "pipeline_id": 1, "repository": text},
        }
        for number, text in enumerate(AWKWARD)
    ),
]
