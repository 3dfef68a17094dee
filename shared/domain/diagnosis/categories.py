"""The kinds of causes: what the ranking gives, a model may answer, and owners name for their actions. Pure."""

from typing import Literal

KnownCategory = Literal[
    "recent_deployment",
    "memory_leak",
    "saturation",
    "dependency",
    "configuration",
    "certificate",
    "quota",
    "infrastructure",
]
Category = KnownCategory | Literal["unknown"]
