"""The next change to the file that failed: a pipeline asks how risky it is, and is told why."""

from typing import Any

from sandbox.demo import delivery
from sandbox.demo.scenarios import bad_version
from sandbox.demo.stage import Stage

NAME = "change_risk"
TITLE = "A change to a file that failed is riskier, with its reasons"
_ELSEWHERE = "src/labels.py"


async def play(stage: Stage) -> None:
    known = [one for one in stage.played.delivered if len(one.versions) > 1]
    service = known[-1] if known else await bad_version.play(stage)

    async def asked(path: str) -> dict[str, Any]:
        change = {
            "service": service.service,
            "title": "Ask the freight service again",
            "files": [{"path": path, "additions": 12, "deletions": 3, "status": "modified"}],
        }
        answer = await stage.world.as_portal("POST", "/api/change-risk", change)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    risk = await stage.until(
        "the failed version's files are known",
        lambda: asked(delivery.FREIGHT),
        lambda told: "history" in _rules(told),
    )
    other = await asked(_ELSEWHERE)
    stage.check("the last gate counts", expected=True, observed="gate_fail" in _rules(risk))
    stage.check(
        "the same lines elsewhere are less risky", expected=True, observed=other["score"] < risk["score"]
    )
    stage.check("how to roll it out", expected="canary", observed=risk["rollout"]["kind"])
    stage.check("it can be taken back", expected=True, observed=risk["rollback"]["safe"])
    stage.say(f"{delivery.FREIGHT}: {risk['score']} of 100 ({risk['level']}); elsewhere {other['score']}")
    stage.evidence |= {"service": service.service, "score": risk["score"], "reasons": _rules(risk)}


def _rules(told: dict[str, Any]) -> list[str]:
    return [str(one["rule"]) for one in told["reasons"]]
