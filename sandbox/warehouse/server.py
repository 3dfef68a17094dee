"""The embedded warehouse's HTTP side: Snowflake's REST protocol from fakesnow, with a login that checks.

Clients are the Snowflake connector (`/session`, `/queries`, uploads to `/fs_bucket`) and the sandbox's page,
which reads `GET /_sandbox/tables` -> {"tables": [{"database", "schema", "name", "kind", "rows"}]}.
"""

import gzip
import hmac
import json
import logging
import secrets
from typing import Any

from fakesnow.expr import normalise_ident
from fakesnow.transforms import SERVER_VERSION
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.warehouse import results, statements
from sandbox.warehouse.engine import Engine
from sandbox.warehouse.statements import server as fakesnow_server

SESSION_VALID_S = 3600


def build_app(engine: Engine, user: str, password: str) -> Starlette:
    """The warehouse as an ASGI app that lets `user` in with `password`, and nobody else."""
    statements.install()
    results.install()
    # fakesnow logs statements with their parameters; those may be personal data.
    logging.getLogger("fakesnow.server").disabled = True
    fakesnow_server.sessions = engine.sessions
    fakesnow_server.to_conn = lambda token: _session(engine, token)

    async def login(request: Request) -> JSONResponse:
        body = await request.body()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        asked: dict[str, Any] = json.loads(body)["data"]
        if not _matches(asked, user, password):
            return _refusal("390100", "Incorrect username or password was specified.")
        parameters = asked.get("SESSION_PARAMETERS") or {}
        database, schema = (_name(request, key) for key in ("databaseName", "schemaName"))
        session = await run_in_threadpool(
            engine.open_session, database, schema, parameters.get("AUTOCOMMIT", True)
        )
        token = secrets.token_urlsafe(32)
        engine.sessions[token] = session
        return JSONResponse({"success": True, "data": _welcome(token, database, schema, request)})

    async def tables(_: Request) -> JSONResponse:
        return JSONResponse({"tables": await run_in_threadpool(engine.tables)})

    kept = [route for route in fakesnow_server.routes if route.path != "/session/v1/login-request"]
    own = [
        Route("/session/v1/login-request", login, methods=["POST"]),
        Route("/_sandbox/tables", tables, methods=["GET"]),
    ]
    return Starlette(routes=[*own, *kept])


def _session(engine: Engine, token: str) -> Any:
    if session := engine.sessions.get(token):
        return session
    # As Snowflake answers for a session it no longer knows: HTTP 200 and a code the client reads.
    raise fakesnow_server.ServerError(200, "390111", "Session no longer exists. New login required.")


def _matches(asked: dict[str, Any], user: str, password: str) -> bool:
    named, known = str(asked.get("LOGIN_NAME", "")), str(asked.get("PASSWORD", ""))
    same_user = hmac.compare_digest(named.upper().encode(), user.upper().encode())
    return hmac.compare_digest(known.encode(), password.encode()) and same_user


def _refusal(code: str, message: str) -> JSONResponse:
    return JSONResponse({"success": False, "code": code, "message": message, "data": {}})


def _name(request: Request, key: str) -> str | None:
    value = request.query_params.get(key)
    return str(normalise_ident(value)) if value else None


def _welcome(token: str, database: str | None, schema: str | None, request: Request) -> dict[str, Any]:
    return {
        "token": token,
        "masterToken": secrets.token_urlsafe(32),
        "validityInSeconds": SESSION_VALID_S,
        "masterValidityInSeconds": SESSION_VALID_S * 4,
        "serverVersion": SERVER_VERSION,
        "sessionId": secrets.randbits(48),
        "parameters": [
            {"name": "AUTOCOMMIT", "value": True},
            {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": SESSION_VALID_S},
            {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},
        ],
        "sessionInfo": {
            "databaseName": database,
            "schemaName": schema,
            "roleName": request.query_params.get("roleName"),
            "warehouseName": request.query_params.get("warehouse"),
        },
    }
