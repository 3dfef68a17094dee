"""OpenAI put together: /openai/v1/models, /openai/v1/chat/completions and /openai/v1/embeddings."""

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, override

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, Refusal, Vendor, note, object_body, reply
from sandbox.vendors.openai.completions import (
    FILTERED,
    check,
    completion,
    error,
    invalid,
    outcome_of,
    outcomes,
    quota_used_up,
    unreadable,
)
from sandbox.vendors.openai.embeddings import check as check_embeddings
from sandbox.vendors.openai.embeddings import embeddings
from sandbox.vendors.store import Document, Store

AUDIENCE = "https://cognitiveservices.azure.com"
"""Azure OpenAI, as Entra ID knows it."""

MODELS = ["gpt-5-mini", "gpt-5", "gpt-4.1-mini", "text-embedding-3-small"]
_CREATED_S = 1_750_000_000


class OpenAI(Vendor):
    """One resource. entra_accepts: whether (token, audience) is an Entra ID token."""

    name = "openai"

    def __init__(
        self, store: Store, credentials: Mapping[str, str], entra_accepts: Callable[[str, str], bool]
    ) -> None:
        super().__init__(store, credentials)
        self._completions = self.collection("completion")
        self._entra_accepts = entra_accepts

    @override
    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_models", "GET", "/openai/v1/models", self._models),
            Operation("get_model", "GET", "/openai/v1/models/{model}", self._model),
            Operation("create_completion", "POST", "/openai/v1/chat/completions", self._complete),
            Operation("create_embeddings", "POST", "/openai/v1/embeddings", self._embed),
        ]

    @override
    def controls(self) -> Sequence[Operation]:
        return [
            Operation("get_config", "GET", "/config", self._get_config),
            Operation("set_config", "PUT", "/config", self._set_config),
        ]

    @override
    def authenticate(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        key = request.headers.get("api-key") or (token if scheme.lower() == "bearer" else "")
        if not key:
            message = "You didn't provide an API key."
            raise Refusal(error(HTTPStatus.UNAUTHORIZED, message, code="invalid_api_key"))
        if hmac.compare_digest(key.encode(), self.credentials["api_key"].encode()):
            return
        if not self._entra_accepts(key, AUDIENCE):
            message = "Incorrect API key provided."
            raise Refusal(error(HTTPStatus.UNAUTHORIZED, message, code="invalid_api_key"))

    @override
    def error(self, status: int, message: str) -> web.Response:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return error(status, message, "requests", code="rate_limit_exceeded")
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return error(status, message, "server_error" if failed else "invalid_request_error")

    async def _models(self, _: web.Request) -> web.Response:
        return reply({"object": "list", "data": [_model(name) for name in self._config()["models"]]})

    async def _model(self, request: web.Request) -> web.Response:
        return reply(_model(self._known(request.match_info["model"])))

    async def _complete(self, request: web.Request) -> web.Response:
        body = await object_body(request, unreadable)
        if not isinstance(body.get("model"), str):
            raise invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter")
        self._known(body["model"])
        check(body)
        outcome = self._next()
        await asyncio.sleep(outcome.get("seconds", 0))
        if outcome.get("kind") == "content_filter":
            raise invalid(FILTERED, "prompt", "content_filter")
        if outcome.get("kind") == "quota":
            raise quota_used_up()
        made = completion(body, outcome, now_ms() // 1000)
        note(request, completion_id=made["id"])
        choice = made["choices"][0]
        kept = {"id": made["id"], "at_s": made["created"], "model": body["model"], "usage": made["usage"]}
        kept |= {"content": choice["message"]["content"], "finish_reason": choice["finish_reason"]}
        self._completions.put(made["id"], kept)
        return reply(made)

    async def _embed(self, request: web.Request) -> web.Response:
        body = await object_body(request, unreadable)
        self._known(str(body.get("model")))
        check_embeddings(body)
        return reply(embeddings(body))

    def _known(self, model: str) -> str:
        if model not in self._config()["models"]:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise Refusal(error(HTTPStatus.NOT_FOUND, message, code="model_not_found"))
        return model

    def _next(self) -> Mapping[str, Any]:
        """What the sandbox was told to let happen now; {} for the usual answer."""
        config = self._config()
        if not config["next"]:
            return dict(config["always"] or {})
        first, *later = config["next"]
        self.collection("_config").put("config", {**config, "next": later})
        return dict(first)

    def _config(self) -> Document:
        return {"models": MODELS, "next": [], "always": None} | (
            self.collection("_config").get("config") or {}
        )

    async def _get_config(self, _: web.Request) -> web.Response:
        return reply(self._config())

    async def _set_config(self, request: web.Request) -> web.Response:
        """{"models"?: [names], "next"?: [outcome, ...], "always"?: outcome or null} -> the whole configuration.

        An outcome is a name of completions.KINDS or {"kind": name, "seconds"?: it waits so long first,
        "content"?: text or object}. `next` are used up one by one; then `always` holds.
        """
        body, config = await object_body(request, wrong), self._config()
        if "models" in body:
            config["models"] = [str(name) for name in body["models"]]
        try:
            config["next"] = list(outcomes(body.get("next", config["next"])))
            if "always" in body:
                config["always"] = None if body["always"] is None else outcome_of(body["always"])
        except ValueError as said:
            raise wrong(str(said)) from None
        return reply(self.collection("_config").put("config", config))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED_S, "owned_by": "sandbox"}
