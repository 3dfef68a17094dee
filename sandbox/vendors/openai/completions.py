"""One chat completion: the request checked as the vendor checks it, and the answer made of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.framework import Refusal, reply
from sandbox.vendors.openai.misbehaving import NONSENSE, invented, obedient
from sandbox.vendors.openai.prompt import candidates, evidence, texts
from sandbox.vendors.openai.strict import schema_fault
from sandbox.vendors.openai.structured import SAID, Filler

REFUSAL = "I'm sorry, but I can't assist with that request."
FILTERED = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
    "Please modify your prompt and retry."
)
_REASONING = ("gpt-5", "o1", "o3", "o4")
_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
_CHARACTERS_PER_TOKEN = 4


def error(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
) -> web.Response:
    """{"error": {"message", "type", "param", "code"}}"""
    return reply({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    return Refusal(error(HTTPStatus.BAD_REQUEST, message, param=param, code=code))


def unreadable(message: str) -> Refusal:
    return invalid(f"We could not parse the JSON body of your request: {message}")


def quota_used_up() -> Refusal:
    """What a resource without any quota left answers: waiting does not help."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return Refusal(
        error(HTTPStatus.TOO_MANY_REQUESTS, message, "insufficient_quota", code="insufficient_quota")
    )


def check(body: Mapping[str, Any]) -> None:
    """Raises: Refusal, 400."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    for number, message in enumerate(messages):
        if not isinstance(message, Mapping) or message.get("role") not in _ROLES:
            raise invalid(
                f"Invalid value: 'messages[{number}].role'.", f"messages[{number}].role", "invalid_value"
            )
    if body.get("stream"):
        raise invalid("The sandbox does not stream.", "stream", "unsupported_value")
    if str(body["model"]).startswith(_REASONING):
        _check_reasoning(body)
    if (wanted := _json_schema(body)) is not None:
        _check_schema(wanted)


def completion(body: Mapping[str, Any], outcome: Mapping[str, Any], created_s: int) -> dict[str, Any]:
    """The answer, the same for the same request. outcome: what the sandbox was told to let happen, or {}."""
    said = "\n".join(texts(body["messages"]))
    refused = outcome.get("kind") == "refusal"
    content = None if refused else _content(body, outcome)
    finish = "stop"
    if outcome.get("kind") == "length" and content:
        content, finish = content[: len(content) // 2], "length"
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {
        "id": f"chatcmpl-{digest[:29]}",
        "object": "chat.completion",
        "created": created_s,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": content,
                    "refusal": REFUSAL if refused else None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": _usage(said, content or REFUSAL),
        "service_tier": "default",
        "system_fingerprint": "fp_sandbox",
    }


def _content(body: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    if outcome.get("kind") == "content":
        given = outcome["content"]
        return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    if outcome.get("kind") == "nonsense":
        return NONSENSE
    known = evidence(body["messages"])
    if (wanted := _json_schema(body)) is not None:
        answer = Filler(wanted["schema"], known, candidates(body["messages"])).answer()
        if outcome.get("kind") == "invented":
            answer = invented(answer)
        if outcome.get("kind") == "obedient":
            answer = obedient(answer, wanted["schema"], known, texts(body["messages"]))
        return json.dumps(answer, ensure_ascii=False)
    cited = f", resting on {', '.join(known)}" if known else ""
    text = f"{SAID}: this endpoint is a simulator and has understood nothing{cited}."
    return json.dumps({"answer": text}) if _format(body).get("type") == "json_object" else text


def _format(body: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = body.get("response_format")
    return wanted if isinstance(wanted, Mapping) else {}


def _json_schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = _format(body)
    return wanted.get("json_schema", {}) if wanted.get("type") == "json_schema" else None


def _check_schema(wanted: Mapping[str, Any]) -> None:
    name, param = wanted.get("name"), "response_format"
    if not name:
        message = "Missing required parameter: 'response_format.json_schema.name'."
        raise invalid(message, f"{param}.json_schema.name", "missing_required_parameter")
    if not isinstance(wanted.get("schema"), Mapping):
        message = "Missing required parameter: 'response_format.json_schema.schema'."
        raise invalid(message, f"{param}.json_schema.schema", "missing_required_parameter")
    if wanted.get("strict") and (said := schema_fault(wanted["schema"])):
        raise invalid(f"Invalid schema for response_format '{name}': {said}", param)


def _check_reasoning(body: Mapping[str, Any]) -> None:
    """What reasoning models do not take."""
    if body.get("max_tokens") is not None:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        raise invalid(message, "max_tokens", "unsupported_parameter")
    for name in ("temperature", "top_p"):
        if body.get(name) not in (None, 1):
            message = (
                f"Unsupported value: '{name}' does not support {body[name]} with this model. "
                "Only the default (1) value is supported."
            )
            raise invalid(message, name, "unsupported_value")


def _usage(prompt: str, answer: str) -> dict[str, Any]:
    asked, given = (max(1, len(text) // _CHARACTERS_PER_TOKEN) for text in (prompt, answer))
    return {
        "prompt_tokens": asked,
        "completion_tokens": given,
        "total_tokens": asked + given,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


KINDS = (
    "answer",
    "refusal",
    "length",
    "content_filter",
    "content",
    "nonsense",
    "invented",
    "obedient",
    "quota",
    "slow",
)


def outcome_of(wanted: object) -> dict[str, Any]:
    """What a completion is to be. Raises: ValueError saying what is wrong."""
    one = {"kind": wanted} if isinstance(wanted, str) else wanted
    if not isinstance(one, dict) or one.get("kind") not in KINDS:
        raise ValueError(f"an outcome is one of {', '.join(KINDS)}, or an object with it as its kind")
    if one["kind"] == "content" and "content" not in one:
        raise ValueError("content is missing")
    seconds = one.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 600:
        raise ValueError("seconds must be a number from 0 to 600")
    return one


def outcomes(wanted: object) -> Sequence[dict[str, Any]]:
    """What the next completions are to be. Raises: ValueError saying what is wrong."""
    if not isinstance(wanted, list):
        raise ValueError("next must be a list")
    return [outcome_of(one) for one in wanted]
