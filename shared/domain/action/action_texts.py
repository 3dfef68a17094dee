"""An action in words, for cards, notes and pages: what would be done to what, exactly."""

from collections.abc import Mapping
from typing import Any

from shared.domain.plain import plain
from shared.texts import TEXTS, say


def action_text(language: str, action: Mapping[str, Any]) -> str:
    """One sentence without its end. A type nobody has written a sentence for is shown by its name."""
    key = f"action.{action['type']}"
    if key not in TEXTS:
        return plain(str(action["type"]), 80)
    values = {name: plain(str(value), 120) for name, value in action.items() if name != "type"}
    for name in ("commit", "replaces_commit"):
        values[name] = values.get(name, "")[:8]
    where = (
        say(language, "action.where", environment=values["environment"]) if values.get("environment") else ""
    )
    values["where"] = where
    values["label"] = f" ({values['label']})" if values.get("label") else ""
    values["way"] = ", ".join(action.get("through", []))
    parameters = action.get("parameters") or {}
    values["parameters"] = plain(
        ", ".join(f"{name}={value}" for name, value in parameters.items()) or "-", 300
    )
    return say(language, key, **values)
