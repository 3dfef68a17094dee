"""GET /api/health: 200 while the service can do its work, 503 while it cannot.

Caller: anyone; it tells no secret.
"""

import json

import azure.functions as func

from . import VERSION, store

bp = func.Blueprint()


@bp.route("health", trigger_arg_name="request", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(request: func.HttpRequest) -> func.HttpResponse:
    try:
        store.items().check()
        checks = {"store": "up"}
    except Exception:  # a missing setting is as bad as a store that is away
        checks = {"store": "down"}
    up = set(checks.values()) == {"up"}
    body = {"status": "up" if up else "down", "version": VERSION, "checks": checks}
    return func.HttpResponse(json.dumps(body), status_code=200 if up else 503, mimetype="application/json")
