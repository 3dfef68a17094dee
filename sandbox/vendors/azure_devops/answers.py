"""How Azure DevOps words refusals and lists."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.framework import Refusal, reply

_NAMESPACES = {
    "Vss": "Microsoft.VisualStudio.Services.WebApi",
    "Git": "Microsoft.TeamFoundation.Git.Server",
    "Project": "Microsoft.TeamFoundation.Core.WebApi",
    "Pipeline": "Microsoft.Azure.Pipelines.WebApi",
    "Build": "Microsoft.TeamFoundation.Build.WebApi",
    "Definition": "Microsoft.TeamFoundation.Build.WebApi",
    "Policy": "Microsoft.TeamFoundation.Policy.WebApi",
    "WorkItem": "Microsoft.TeamFoundation.WorkItemTracking.Server",
    "Rule": "Microsoft.TeamFoundation.WorkItemTracking.Server",
}
PERSON = {
    "displayName": "ValueFlow",
    "id": "8d8f0d6e-8f6a-4c54-9c8b-2a7c0d9b7f11",
    "uniqueName": "valueflow@sandbox.example",
}
"""Whoever calls, as answers name them."""


def error(status: int, message: str, type_key: str = "VssServiceException") -> web.Response:
    """{"$id", "innerException", "message", "typeName", "typeKey", "errorCode", "eventId"}"""
    namespace = next((space for start, space in _NAMESPACES.items() if type_key.startswith(start)), "System")
    return reply(
        {
            "$id": "1",
            "innerException": None,
            "message": message,
            "typeName": f"{namespace}.{type_key}, {namespace}",
            "typeKey": type_key,
            "errorCode": 0,
            "eventId": 3000,
        },
        status,
    )


def refuse(status: int, message: str, type_key: str = "VssServiceException") -> Refusal:
    return Refusal(error(status, message, type_key))


def unreadable(message: str) -> Refusal:
    """400 for a body that is not what it should be."""
    return refuse(HTTPStatus.BAD_REQUEST, f"TF400813: {message}", "VssPropertyValidationException")


def listed(items: Sequence[object]) -> web.Response:
    return reply({"count": len(items), "value": list(items)})
