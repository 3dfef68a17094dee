"""The postmortem tells all there is to tell, in order, and nothing from outside becomes markup in it."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.incident import postmortem
from tests.fakes.remediation import PROBLEM

CASE: dict[str, Any] = {
    "title": "Failure rate increase",
    "service": "checkout",
    "hypothesis": "Deployment 102 broke it.",
    "component": "checkout",
    "category": "recent_deployment",
    "candidates": ["recent deployment in checkout (80 %)", "saturation in HOST-1 (10 %)"],
    "confidence": 80,
    "author": "embedded assistant",
    "cited": "E1",
    "refuted_by": "The indicator was out of bounds before.",
    "evidence": [
        {
            "id": "E1",
            "text": "deployed 102",
            "source": "dynatrace",
            "at": "",
            "link": "https://dev.example/102",
        }
    ],
    "missing": ["logs"],
    "risk": "medium",
    "action_text": "roll checkout back",
}
METRIC = {
    "id": "E2",
    "kind": "metric",
    "text": "errors",
    "link": "",
    "facts": {"indicator": "errors", "baseline_median": 0.4, "during_median": 12.0, "robust_z": 30.0},
}


def step(name: str, at: str, state: str = "done", result: str = "") -> dict[str, Any]:
    return {"name": name, "state": state, "started_at": at, "ended_at": at, "result": result}


STORY: dict[str, Any] = {
    "incident": {"number": "INC0010001", "url": "https://snow.example/INC0010001"},
    "case": CASE,
    "outcome_text": "resolved and verified",
    "missing": [{"source": "logs", "reason": "no answer in 8 s"}],
    "decisions": [
        {
            "decision": "approve",
            "person_name": "Ana",
            "at": "2025-11-21T12:04:00Z",
            "comment": "go",
        }
    ],
    "proof": "problem closed and 3 samples within bounds",
    "problem": PROBLEM,
    "joined": [
        {
            "problem": {**PROBLEM, "display_id": "P-2", "title": "Slow"},
            "identity": "i",
            "reason": "same_entity",
        }
    ],
    "items": [METRIC],
    "action": {"type": "restart", "service": "checkout", "through": ["stop", "start"]},
    "considered": [{"type": "restart", "reason": "busy"}],
    "done": {"run_id": 103, "url": "https://dev.example/runs/103", "finished_at": "2025-11-21T12:09:00Z"},
    "undone": "nothing takes it back",
    "recovery": {"verdict": "recovered", "samples": 3, "within_bounds": 3, "min_samples": 3, "reason": ""},
    "similar": [{"number": "INC7", "title": "the same a month ago", "link": "https://app.example/INC7"}],
    "follow_ups": [{"key": "k", "kind": "work_item", "title": "Write a test", "evidence_ids": ["E1"]}],
    "steps": [
        step("collect_problem", "2025-11-21T12:00:10.000Z"),
        step("collect_logs", "2025-11-21T12:00:18.000Z", "failed"),
        step("diagnose", "2025-11-21T12:00:20.000Z"),
        step("open_incident", "2025-11-21T12:01:00.000Z"),
        step("announce", "2025-11-21T12:01:02.000Z"),
        step("start_run", "2025-11-21T12:04:05.000Z"),
        step("await_run", "2025-11-21T12:09:00.000Z"),
        step("verify", "2025-11-21T12:20:00.000Z"),
        step("end_incident", "2025-11-21T12:20:01.000Z"),
        step("note_ended", "2025-11-21T12:20:02.000Z"),
    ],
}


def section(text: str, heading: str) -> list[str]:
    return text.split(f"## {heading}\n\n")[1].split("\n\n")[0].splitlines()


def test_the_timeline_tells_events_in_order_not_steps() -> None:
    told = section(postmortem.write("en", STORY), "Timeline (UTC)")

    assert [line.partition("** ")[2] for line in told] == [
        "The problem began in Dynatrace",
        "Another problem joined: Slow",
        "Evidence gathered",
        "Probable cause named",
        "Incident opened",
        "Card posted in Teams",
        "Ana approved go",
        "Run started",
        "Run ended",
        "Recovery verified",
        "Incident closed",
    ]
    assert told[0].startswith("- **2025-11-21 12:00:00**")


def test_a_decision_within_the_second_of_its_question_comes_after_it() -> None:
    steps = [
        step("announce", "2025-11-21T12:04:00.300Z"),
        {**step("await_decision", "2025-11-21T12:04:00.310Z"), "ended_at": "2025-11-21T12:04:00.400Z"},
        step("start_run", "2025-11-21T12:04:00.500Z"),
    ]
    told = section(postmortem.write("en", {**STORY, "steps": steps, "joined": []}), "Timeline (UTC)")

    assert [line.partition("** ")[2] for line in told][1:] == [
        "Card posted in Teams",
        "Ana approved go",
        "Run started",
    ]


def test_the_impact_has_its_times_and_what_lies_between_them() -> None:
    told = section(postmortem.write("en", STORY), "Impact")

    assert told == [
        "- **Severity** ERROR (SERVICES)",
        "- **Began** 2025-11-21 12:00:00",
        "- **Incident opened** 2025-11-21 12:01:00",
        "- **Acknowledged** 2025-11-21 12:04:00",
        "- **Mitigated** 2025-11-21 12:09:00",
        "- **Ended** 2025-11-21 12:20:00",
        "- **Duration** 20 min",
        "- **Time to open** 1 min",
        "- **Time to acknowledge** 4 min",
        "- **Time to recover** 20 min",
        "- **Affected entities (1)** checkout",
        "- **Problems joined (1)** P-2 Slow",
        "- **E2** error rate: usually 0.4 %, during 12 %",
        "- **After the action** 3 of the newest 3 samples within bounds (3 since the action)",
    ]


def test_each_indicator_is_told_as_it_was_after_the_action() -> None:
    judged = {
        "indicator": "errors",
        "entity_type": "SERVICE",
        "unit": "Percent",
        "required": True,
        "samples": 5,
        "within": 5,
        "needed": 3,
        "low": None,
        "high": 2.0,
        "baseline": 0.4,
        "reason": "",
    }
    recovery = {
        "verdict": "recovered",
        "reason": "",
        "indicators": [judged, {**judged, "indicator": "latency"}],
    }
    told = section(postmortem.write("en", {**STORY, "recovery": recovery}), "Impact")

    assert [line.split(":")[0] for line in told[-2:]] == [
        "- **After the action** error rate",
        "- **After the action** response time",
    ]
    assert "up to 2 %" in told[-1]


def test_what_was_done_says_who_allowed_it_and_where_it_ran() -> None:
    text = postmortem.write("en", STORY)

    assert section(text, "Actions") == [
        "- **Action** restart checkout (stop, start)",
        "- Ana approved go",
        "- **Run** 103 https://dev.example/runs/103",
        "- **Undo** nothing takes it back",
    ]
    assert section(text, "Also considered") == [
        "- saturation in HOST-1 (10 %)",
        "- restart: another action on the service is under way",
    ]
    assert section(text, "Suggested follow-ups") == ["- **Work item** Write a test"]
    assert section(text, "Similar incidents") == ["- INC7 the same a month ago https://app.example/INC7"]


def test_an_action_that_was_only_proposed_is_called_that() -> None:
    told = section(postmortem.write("en", {**STORY, "done": None, "decisions": []}), "Actions")

    assert told[0].startswith("- **Proposed, not run** restart checkout")


def test_an_action_of_which_nobody_knows_the_words_is_named() -> None:
    told = section(postmortem.write("en", {**STORY, "action": {"type": "roll_back"}}), "Actions")

    assert told[0] == "- **Action** roll_back"


def test_it_says_how_long_nobody_decided_and_that_recovery_is_not_known() -> None:
    steps = [step("await_decision", "2025-11-21T13:00:00.000Z", result="expired")]
    text = postmortem.write("en", {**STORY, "decisions": [], "done": None, "recovery": None, "steps": steps})

    assert "- **Acknowledged** not known" in section(text, "Impact")
    assert "- **Time to recover** not known" in section(text, "Impact")
    assert section(text, "Timeline (UTC)")[-1].endswith("The approval expired without a decision")


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_story_without_anything_is_still_a_document(language: str) -> None:
    text = postmortem.write(language, {})

    assert text.startswith("# ?: ?\n\n## ")
    assert len(re.findall("^## ", text, re.MULTILINE)) == 11


# Whatever people, tickets and logs may say.
NASTY = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "## Summary",
            "\n# Owned\n- x",
            "[click](https://evil.example)",
            "<script>alert(1)</script>",
            "![x](http://evil.example/x.png)",
            "**bold** `code` | table |",
            "https://evil.example",
            "{0} {nobody}",
            "--- \n***",
            "[code]<b>x</b>[/code]",
        ]
    ),
)
TIMES = st.one_of(NASTY, st.just("2025-11-21T12:00:00Z"), st.none())
STEPS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.one_of(NASTY, st.sampled_from(["open_incident", "verify", "start_run_undo"])),
        "state": st.sampled_from(["done", "failed", "running"]),
        "started_at": TIMES,
        "ended_at": TIMES,
        "result": NASTY,
    },
)
PROBLEMS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("display_id", "title", "severity", "impact", "url"), NASTY),
        "start_ms": st.one_of(st.none(), st.integers(-(10**18), 10**18)),
        "entities": st.lists(st.fixed_dictionaries({}, optional={"name": NASTY, "id": NASTY}), max_size=3),
    },
)
NUMBERS = st.one_of(st.none(), st.floats(), st.integers())
ITEMS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["metric", "log"])},
    optional={
        "id": NASTY,
        "text": NASTY,
        "link": NASTY,
        "facts": st.fixed_dictionaries(
            {},
            optional={
                "indicator": NASTY,
                "robust_z": NUMBERS,
                "baseline_median": NUMBERS,
                "during_median": NUMBERS,
            },
        ),
    },
)
STORIES = st.fixed_dictionaries(
    {},
    optional={
        "incident": st.fixed_dictionaries({}, optional={"number": NASTY, "url": NASTY}),
        "outcome_text": NASTY,
        "proof": NASTY,
        "undone": NASTY,
        "case": st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(("title", "service", "hypothesis", "cited", "refuted_by"), NASTY),
                "candidates": st.lists(NASTY, max_size=3),
                "evidence": st.lists(ITEMS, max_size=3),
            },
        ),
        "missing": st.lists(
            st.fixed_dictionaries({}, optional={"source": NASTY, "reason": NASTY}), max_size=2
        ),
        "decisions": st.lists(
            st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(("decision", "person_name", "comment"), NASTY) | {"at": TIMES},
            ),
            max_size=3,
        ),
        "steps": st.lists(STEPS, max_size=5),
        "problem": st.one_of(st.none(), PROBLEMS),
        "joined": st.lists(st.one_of(PROBLEMS, st.fixed_dictionaries({"problem": PROBLEMS})), max_size=3),
        "items": st.lists(ITEMS, max_size=3),
        "action": st.one_of(st.none(), st.fixed_dictionaries({"type": NASTY}, optional={"service": NASTY})),
        "considered": st.lists(st.fixed_dictionaries({"type": NASTY, "reason": NASTY}), max_size=2),
        "done": st.one_of(st.none(), st.fixed_dictionaries({}, optional={"url": NASTY, "reason": NASTY})),
        "recovery": st.one_of(st.none(), st.just({}), st.just({"verdict": "recovered"})),
        "follow_ups": st.lists(
            st.fixed_dictionaries({}, optional={"title": NASTY, "kind": NASTY}), max_size=2
        ),
        "similar": st.lists(ITEMS, max_size=2),
        "opened_at": TIMES,
    },
)


@settings(deadline=None)
@given(STORIES, st.sampled_from(["en", "pt-BR"]))
def test_any_story_renders_and_nothing_in_it_is_markup(story: dict[str, Any], language: str) -> None:
    text = postmortem.write(language, story)
    headings = [line for line in text.splitlines() if line.startswith("#")]
    words = re.sub(r" https?://[^()\s<>*]*$", "", text, flags=re.MULTILINE)

    assert len(headings) == len(set(headings)) == 12
    assert all(line == "" or line.startswith(("# ", "## ", "- ")) for line in text.split("\n"))
    assert not re.search(r"[\[\]<>`|]|https?://", words)
    assert len(re.findall(r"\*", words)) % 4 == 0
    assert not re.search(r"\*\*[^*\n]*\*\*[^*\n]*\*", words)


def test_links_are_only_those_somebody_may_follow() -> None:
    told = {**STORY, "done": {"run_id": 1, "url": "javascript:alert(1)"}}

    assert "javascript" not in postmortem.write("en", told)


def test_a_story_survives_json() -> None:
    assert postmortem.write("en", json.loads(json.dumps(STORY))) == postmortem.write("en", STORY)
