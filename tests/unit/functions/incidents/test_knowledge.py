"""Similar incidents over HTTP, forgetting one, and the timers."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.incidents import knowledge as triggers
from functions.models.incidents import SimilarIncidents
from shared import services
from tests.fakes.requests import body_of, function_of, request
from tests.fakes.services import fake_services
from tests.unit.shared.knowledge.stage import WordEncoder, a_memory, knowledge_over
from tests.unit.shared.knowledge.test_learning import Rows, a_row

find, ask = function_of(triggers.find_similar), function_of(triggers.ask_similar)
forget = function_of(triggers.forget_incident)
learn: Any = function_of(triggers.learn_resolved_incidents)
tend: Any = function_of(triggers.tend_knowledge)


@pytest.fixture
async def knowing(world: Any) -> Any:
    world.__dict__["knowledge"] = knowledge_over(world.blob)
    await world.knowledge.remember(a_memory("incident-1", title="disk full"))
    await world.knowledge.remember(a_memory("incident-2", title="certificate expired"))
    return world


async def test_people_find_what_helped_before(knowing: Any) -> None:
    response = await find(request(query={"q": "disk is full", "service": "orders"}, token="reader"))

    assert response.status_code == 200
    told = SimilarIncidents.model_validate(body_of(response))
    assert [(one.id, one.helped) for one in told.incidents] == [("incident-1", "deleted them")]
    assert told.remembered == 2


async def test_long_words_come_in_a_body(knowing: Any) -> None:
    response = await ask(request("POST", token="reader", body={"text": "disk " * 100, "limit": 1}))

    assert [one["id"] for one in body_of(response)["incidents"]] == ["incident-1"]


async def test_nothing_alike_is_an_empty_answer(knowing: Any) -> None:
    response = await find(request(query={"q": "coffee"}, token="reader"))

    assert body_of(response) == {"incidents": [], "remembered": 2}


async def test_the_question_is_redacted_before_any_encoder_sees_it(knowing: Any) -> None:
    seen: list[str] = []

    class Listening(WordEncoder):
        async def encode(self, texts: Any) -> Any:
            seen.extend(texts)
            return await super().encode(texts)

    knowing.__dict__["knowledge"] = knowledge_over(knowing.blob, Listening())
    await ask(request("POST", token="reader", body={"text": "disk of ana@contoso.example is full"}))

    assert "contoso" not in " ".join(seen)


@pytest.mark.parametrize(
    ("query", "field"), [({}, "text"), ({"q": "x"}, "text"), ({"q": "disk", "limit": "99"}, "limit")]
)
async def test_a_wrong_question_is_refused_by_field(knowing: Any, query: dict[str, str], field: str) -> None:
    response = await find(request(query=query, token="reader"))

    assert response.status_code == 400
    assert [fault["field"] for fault in body_of(response)["errors"]] == [field]


async def test_only_known_people_read_and_only_admins_forget(knowing: Any) -> None:
    assert (await find(request(query={"q": "disk"}))).status_code == 401
    assert (await ask(request("POST", body={"text": "disk"}))).status_code == 401
    route = {"id": "incident-1"}
    assert (await forget(request("DELETE", route=route, token="ana"))).status_code == 403
    assert body_of(await find(request(query={"q": "disk"}, token="reader")))["incidents"]


async def test_an_admin_forgets_an_incident_for_good(knowing: Any) -> None:
    answers = [
        body_of(await forget(request("DELETE", route={"id": "incident-1"}, token="carla"))) for _ in range(2)
    ]

    assert answers == [{"id": "incident-1", "removed": 1}, {"id": "incident-1", "removed": 0}]
    assert body_of(await find(request(query={"q": "disk"}, token="reader")))["incidents"] == []
    assert b"INC-incident-1" not in b"".join(knowing.blob.blobs.values())


async def test_an_id_that_cannot_be_one_is_refused(knowing: Any) -> None:
    assert (await forget(request("DELETE", route={"id": "../x"}, token="carla"))).status_code == 400


async def test_storage_away_is_503(knowing: Any) -> None:
    knowing.blob.away = True

    assert (await find(request(query={"q": "disk"}, token="reader"))).status_code == 503
    assert (await forget(request("DELETE", route={"id": "incident-1"}, token="carla"))).status_code == 503


class ServiceNow:
    def __init__(self, past: Any) -> None:
        self.past = past


def recent(number: int) -> Any:
    at = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return a_row(number, updated_at=at)


async def test_the_timer_learns_what_people_resolved_and_logs_no_word_of_it(
    knowing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    knowing.__dict__["servicenow"] = ServiceNow(Rows(recent(1), a_row(2, updated_at="2020-01-01T00:00:00Z")))

    with caplog.at_level(logging.INFO):
        await learn(None)

    assert "{'read': 1, 'remembered': 1}" in caplog.text
    assert "logs of the host" not in caplog.text


async def test_where_nothing_is_to_be_learnt_nobody_is_asked() -> None:
    made = fake_services(LEARN_INCIDENTS_DAYS="0")
    services.use(made)
    made.__dict__["servicenow"] = None

    await learn(None)
    services.use(None)


async def test_timers_outlive_a_vendor_that_is_away(knowing: Any, caplog: pytest.LogCaptureFixture) -> None:
    rows = Rows()
    rows.away = True
    knowing.__dict__["servicenow"] = ServiceNow(rows)
    await learn(None)
    knowing.blob.away = True
    await tend(None)

    assert "until the next run" in caplog.text


async def test_the_timer_tends(knowing: Any, caplog: pytest.LogCaptureFixture) -> None:
    knowing.__dict__["knowledge"] = knowledge_over(knowing.blob, WordEncoder("new"))

    with caplog.at_level(logging.INFO):
        await tend(None)

    assert "'dropped': ['words']" in caplog.text
    assert await knowing.knowledge.count() == 2


async def test_an_encoder_is_chosen_by_the_settings(world: Any) -> None:
    alone = fake_services()
    both = fake_services(
        OPENAI_URL="https://example.invalid/openai/v1/",
        OPENAI_API_KEY="k",
        OPENAI_EMBEDDING_MODEL="text-embedding-3-small",
    )

    names = [[encoder.name for encoder, _ in each.knowledge._encoders] for each in (alone, both)]
    assert names == [
        ["use-multilingual-3-ngrams"],
        ["openai-text-embedding-3-small-1024", "use-multilingual-3-ngrams"],
    ]
