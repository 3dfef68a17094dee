"""A ServiceNow instance in memory: OAuth, incidents, the journal behind work notes, encoded queries."""

import secrets
import uuid
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx

from tests.fakes.vendor import FakeVendor, answer, body_of

URL = "https://contoso.service-now.test"
CLIENT_ID, CLIENT_SECRET = "valueflow", "a-client-secret-of-the-instance"


class FakeServiceNow(FakeVendor):
    """incidents by sys_id; journal: the rows of sys_journal_field."""

    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[str, dict[str, str]] = {}
        self.journal: list[dict[str, str]] = []
        self.tokens: set[str] = set()
        self.lifetime_s = 1799
        self.ignores_queries = False
        self.before_insert: Callable[[], object] = lambda: None

    def notes(self, sys_id: str) -> list[str]:
        return [row["value"] for row in self.journal if row["element_id"] == sys_id]

    def add_incident(self, **fields: str) -> dict[str, str]:
        """Insert as anybody could."""
        number = len(self.incidents) + 1
        row = {
            "sys_id": uuid.uuid4().hex,
            "number": f"INC{number:07}",
            "state": "1",
            "close_code": "",
            "close_notes": "",
            "sys_created_on": "2026-11-21 12:00:00",
            **fields,
        }
        self._note(row)
        self.incidents[row["sys_id"]] = row
        return row

    def respond(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/oauth_token.do":
            return self._token(request)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            error = {"message": "User Not Authenticated", "detail": "Required to provide Auth information"}
            return answer({"error": error, "status": "failure"}, 401)
        table, _, sys_id = path.removeprefix("/api/now/table/").partition("/")
        if table == "sys_journal_field":
            return answer({"result": self._matching(self.journal, request)})
        if not sys_id:
            return self._insert(request) if request.method == "POST" else self._list(request)
        if sys_id not in self.incidents:
            error = {"message": "No Record found", "detail": "Record doesn't exist or ACL restricts it"}
            return answer({"error": error, "status": "failure"}, 404)
        if request.method == "PATCH":
            fields = body_of(request)
            fields["sys_id"] = sys_id
            self._note(fields)
            self.incidents[sys_id].update(fields)
        return answer({"result": self.incidents[sys_id]})

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        if form != wanted:
            error = {"error": "access_denied", "error_description": "the secret is wrong"}
            return answer(error, 401)
        token = secrets.token_urlsafe(32)
        self.tokens.add(token)
        return answer({"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime_s})

    def _insert(self, request: httpx.Request) -> httpx.Response:
        self.before_insert()
        return answer({"result": self.add_incident(**body_of(request))}, 201)

    def _list(self, request: httpx.Request) -> httpx.Response:
        rows = self._matching(list(self.incidents.values()), request)
        return answer({"result": rows[: int(request.url.params["sysparm_limit"])]})

    def _matching(self, rows: list[dict[str, str]], request: httpx.Request) -> list[dict[str, str]]:
        query = request.url.params.get("sysparm_query", "")
        if self.ignores_queries:
            return rows
        for condition in filter(None, query.split("^")):
            if condition.startswith("ORDERBY"):
                rows = sorted(rows, key=lambda row: row[condition.removeprefix("ORDERBY")])
            elif "LIKE" in condition:
                name, _, part = condition.partition("LIKE")
                rows = [row for row in rows if part.lower() in row.get(name, "").lower()]
            else:
                name, _, value = condition.partition("=")
                rows = [row for row in rows if row.get(name, "") == value]
        return rows

    def _note(self, fields: dict[str, str]) -> None:
        if note := fields.pop("work_notes", ""):
            self.journal.append({"element_id": fields["sys_id"], "element": "work_notes", "value": note})
