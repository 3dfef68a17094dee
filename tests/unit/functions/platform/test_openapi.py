"""GET /api/openapi.json is valid, complete, and made of the models that validate."""

import importlib
import pkgutil
from types import SimpleNamespace
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import functions
from functions.platform.endpoints import ENDPOINTS, Endpoint
from functions.platform.openapi import document, get_openapi
from tests.fakes.requests import body_of, function_of, request

NO_BLUEPRINT = SimpleNamespace(_function_builders=())


async def test_the_document_is_valid_openapi(world: Any) -> None:
    response = await function_of(get_openapi)(request())

    OpenAPIV31SpecValidator(body_of(response)).validate()


def test_it_lists_every_http_endpoint_and_no_other() -> None:
    triggers = [
        builder._function.get_trigger()
        for module in pkgutil.walk_packages(functions.__path__, "functions.")
        for builder in getattr(importlib.import_module(module.name), "bp", NO_BLUEPRINT)._function_builders
        if builder._function.get_trigger().type == "httpTrigger"
    ]
    actual = {
        (str(method.value).lower(), trigger.route) for trigger in triggers for method in trigger.methods
    }

    assert {(endpoint.method, endpoint.route) for endpoint in ENDPOINTS} == actual


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.route}")
def test_every_endpoint_says_what_it_needs_and_how_it_refuses(endpoint: Endpoint) -> None:
    told = document()["paths"][f"/api/{endpoint.route}"][endpoint.method]

    assert str(endpoint.status) in told["responses"]
    assert "500" in told["responses"]
    assert ("401" in told["responses"]) == (endpoint.role is not None or "webhooks" in endpoint.route)


def test_names_in_the_document_are_the_vendor_s_names() -> None:
    notification = document()["components"]["schemas"]["DynatraceNotification"]

    assert {"PID", "State"} <= set(notification["properties"])
    assert set(notification["required"]) == {"PID", "State"}
