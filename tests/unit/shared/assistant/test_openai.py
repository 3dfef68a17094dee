"""The model's answer is checked; whatever goes wrong, the embedded answer goes out."""

import json
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI

from shared.assistant.embedded import EmbeddedAssistant
from shared.assistant.openai import OpenAIAssistant
from tests.fakes.remediation import PROBLEM, SUSPECT

BUNDLE = {
    "items": [
        {"id": "E1", "source": "dynatrace", "kind": "run", "at": "", "text": "maria@example.com deployed"}
    ],
    "missing": [],
}
CAUSE = {
    "hypothesis": "The deployment by <EMAIL_1>",
    "category": "recent_deployment",
    "confidence": 0.7,
    "evidence_ids": ["E1"],
    "refuted_by": "no change",
}


class Model:
    """An OpenAI endpoint that gives the answers it was given, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), []  # type: ignore[var-annotated]

    def __call__(self, request: Any) -> Any:
        self.asked.append(json.loads(request.content))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        if status != 200:
            return self.response(status, {"error": {"message": "x", "type": "x", "code": "x"}})
        message = {
            "role": "assistant",
            "content": content if isinstance(content, str) else json.dumps(content),
        }
        return self.response(
            200,
            {
                "id": "c",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            },
        )

    def response(self, status: int, body: Any) -> Any:
        return http_module().Response(status, json=body)


def http_module() -> Any:
    """The HTTP library this openai version is built on."""
    try:
        import httpx2
    except ImportError:
        return httpx
    return httpx2


def assistant(model: Model) -> OpenAIAssistant:
    library = http_module()
    client = AsyncOpenAI(
        base_url="https://ai.example/openai/v1/",
        api_key="k",
        max_retries=0,
        http_client=library.AsyncClient(transport=library.MockTransport(model)),
    )
    return OpenAIAssistant(client, "m", EmbeddedAssistant())


async def ask(model: Model) -> Any:
    return await assistant(model).diagnose(PROBLEM, BUNDLE, {"suspect": SUSPECT, "last_good": None})


async def test_a_good_answer_is_taken_and_personal_data_put_back() -> None:
    diagnosis = await ask(Model(CAUSE))

    assert (diagnosis.author, diagnosis.model) == ("openai", "m")
    assert diagnosis.text == "The deployment by maria@example.com"


async def test_the_model_never_sees_personal_data() -> None:
    model = Model(CAUSE)
    await ask(model)

    assert "maria@example.com" not in json.dumps(model.asked)


async def test_evidence_that_does_not_exist_is_asked_for_once_more() -> None:
    model = Model({**CAUSE, "evidence_ids": ["E9"]}, CAUSE)

    assert (await ask(model)).author == "openai"
    assert len(model.asked) == 2


async def test_evidence_that_keeps_not_existing_is_not_believed() -> None:
    model = Model({**CAUSE, "evidence_ids": ["E9"]})

    assert (await ask(model)).author == "embedded"
    assert len(model.asked) == 2


async def test_unknown_is_a_good_answer() -> None:
    unknown = {**CAUSE, "category": "unknown", "evidence_ids": [], "confidence": 0.1}

    diagnosis = await ask(Model(unknown))
    assert (diagnosis.author, diagnosis.category) == ("openai", "unknown")


@pytest.mark.parametrize(
    "answer",
    [(500, ""), (429, ""), (401, ""), "not json", "{}", json.dumps({**CAUSE, "confidence": 7})],
    ids=["error", "quota", "key", "no json", "empty", "out of range"],
)
async def test_whatever_goes_wrong_the_embedded_answer_goes_out(answer: Any) -> None:
    assert (await ask(Model(answer))).author == "embedded"
