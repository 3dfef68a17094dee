"""HTTP triggers, the front door and the admin API."""

import json
import socket
import stat

import httpx
import pytest

from tests.integration.host.harness import Host, StartHost, eventually


@pytest.fixture(scope="module")
def host(start_host: StartHost) -> Host:
    return start_host(FUNCTIONS_REQUEST_BODY_SIZE_LIMIT="100000", AzureWebJobs_switched_off_Disabled="true")


def test_async_and_sync_functions_answer(host: Host, http: httpx.Client) -> None:
    for path in ("ping", "ping-sync"):
        answer = http.get(f"{host.url}/api/{path}")
        assert (answer.status_code, answer.text) == (200, "pong")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_ready_line_names_the_functions(host: Host) -> None:
    assert {"ping", "on_queue", "chain", "Counter"} <= set(host.child.ready["functions"])


def test_a_function_key_opens_what_its_level_allows(host: Host, http: httpx.Client) -> None:
    default = host.keys["functionKeys"]["default"]
    master = host.keys["masterKey"]
    seen = {
        (path, key): http.get(f"{host.url}/api/{path}", headers={"x-functions-key": key}).status_code
        for path in ("keyed", "only-admin")
        for key in ("", "wrong", default, master)
    }
    assert {pair for pair, status in seen.items() if status == 200} == {
        ("keyed", default),
        ("keyed", master),
        ("only-admin", master),
    }
    assert set(seen.values()) == {200, 401}
    assert http.get(f"{host.url}/api/keyed", params={"code": default}).status_code == 200


def test_the_keys_file_is_made_for_its_owner_only(host: Host) -> None:
    assert stat.S_IMODE((host.folder / "keys.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("orders/north/7", {"route": {"region": "north", "id": "7"}, "function": "orders"}),
        ("orders/north", {"route": {"region": "north"}, "function": "orders"}),
        ("Orders/North/latest", {"latest": True}),
        ("files/a/b%20c.txt", {"path": "a/b c.txt"}),
    ],
)
def test_routes_lead_to_the_function_with_their_parameters(
    host: Host, http: httpx.Client, path: str, expected: object
) -> None:
    assert http.get(f"{host.url}/api/{path}").json() == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/absent"),
        ("GET", "/api/orders/7"),
        ("GET", "/api/orders/north/seven"),
        ("GET", "/ping"),
        ("DELETE", "/api/echo"),
        ("GET", "/api/switched-off"),
    ],
)
def test_what_no_function_serves_is_404_without_a_body(
    host: Host, http: httpx.Client, method: str, path: str
) -> None:
    answer = http.request(method, host.url + path)
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_request_arrives_whole_and_the_answer_goes_back_whole(host: Host, http: httpx.Client) -> None:
    body = bytes(range(256))
    answer = http.post(
        f"{host.url}/api/echo?a=1&a=2&empty=&b=%C3%A7",
        content=body,
        headers=[("X-Many", "1"), ("X-Many", "2"), ("X-MS-CLIENT-PRINCIPAL-NAME", "forged")],
    )
    seen = json.loads(answer.headers["X-Seen"])
    assert answer.content == body
    assert seen["url"] == f"{host.url}/api/echo?a=1&a=2&empty=&b=%C3%A7"
    assert seen["query"] == {"a": "1,2", "b": "ç"}
    assert seen["headers"]["x-many"] in ("1,2", "1, 2")
    assert "x-ms-client-principal-name" not in seen["headers"]
    assert answer.headers.get_list("set-cookie") == ["a=1; HttpOnly; Path=/; SameSite=Lax", "b=2"]


def test_an_empty_body_and_a_head_request_are_answered(host: Host, http: httpx.Client) -> None:
    assert http.post(f"{host.url}/api/echo").content == b""
    head = http.head(f"{host.url}/api/echo")
    assert (head.status_code, head.content) == (200, b"")


def test_a_chunked_body_arrives_whole(host: Host, http: httpx.Client) -> None:
    parts = iter([b"a" * 10, b"b" * 10])
    assert http.post(f"{host.url}/api/echo", content=parts).content == b"a" * 10 + b"b" * 10


def test_a_body_over_the_limit_is_413_announced_or_not(host: Host, http: httpx.Client) -> None:
    assert http.post(f"{host.url}/api/echo", content=b"x" * 100_000).status_code == 200
    assert http.post(f"{host.url}/api/echo", content=b"x" * 100_001).status_code == 413
    chunks = (b"x" * 10_000 for _ in range(20))
    assert http.post(f"{host.url}/api/echo", content=chunks).status_code == 413


def test_a_client_that_waits_for_100_continue_gets_it(host: Host) -> None:
    port = host.child.ready["port"]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        head = "POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"ok")
        assert connection.recv(4000).startswith(b"HTTP/1.1 200 OK")


def test_bytes_that_are_no_http_end_that_connection_only(host: Host, http: httpx.Client) -> None:
    with socket.create_connection(("127.0.0.1", host.child.ready["port"]), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")
        assert b"400" in connection.recv(4000)
    assert http.get(f"{host.url}/api/ping").status_code == 200


def test_an_exception_is_a_500_without_a_body_and_a_log_line(host: Host, http: httpx.Client) -> None:
    answer = http.get(f"{host.url}/api/boom")
    assert (answer.status_code, answer.content) == (500, b"")
    line = eventually(lambda: host.logs(category="Function.boom", level="ERROR"))[0]
    assert "ValueError" in line["exception"]
    assert "hush-hush" not in host.child.log.read_text()
    assert (line["function"], len(line["invocation_id"])) == ("boom", 36)
    done = eventually(lambda: host.logs(category="Function.boom", message="Executed"))[0]
    assert (done["status"], done["invocation_id"]) == ("Failed", line["invocation_id"])


def test_an_answer_that_is_none_is_a_500_as_on_azure(host: Host, http: httpx.Client) -> None:
    assert http.get(f"{host.url}/api/nothing").status_code == 500


def test_what_a_function_logs_and_prints_carries_its_invocation(host: Host, http: httpx.Client) -> None:
    http.get(f"{host.url}/api/talk")
    logged = eventually(lambda: host.logs(category="sample", message="logged calmly"))[0]
    printed = eventually(lambda: host.logs(category="stdout", message="spoken aloud"))[0]
    assert logged["function"] == printed["function"] == "talk"
    assert logged["invocation_id"] == printed["invocation_id"]
    done = eventually(lambda: host.logs(category="Function.talk", message="Executed"))[0]
    assert done["invocation_id"] == logged["invocation_id"]
    assert done["duration_ms"] > 0


def test_the_root_is_a_small_page(host: Host, http: httpx.Client) -> None:
    answer = http.get(host.url + "/")
    assert answer.status_code == 200
    assert "up and running" in answer.text


def test_the_admin_api_needs_the_master_key(host: Host, http: httpx.Client) -> None:
    other = {"x-functions-key": host.keys["functionKeys"]["default"]}
    for method, path in [("GET", "host/status"), ("GET", "functions"), ("POST", "functions/yearly")]:
        for headers in ({}, other):
            answer = http.request(method, f"{host.url}/admin/{path}", headers=headers, json={"input": ""})
            assert answer.status_code == 401
    assert http.get(f"{host.url}/admin/host/ping").status_code == 200


def test_the_admin_api_shows_the_state_and_the_functions(host: Host, http: httpx.Client) -> None:
    assert http.get(f"{host.url}/admin/host/status", headers=host.master).json()["state"] == "Running"
    listed = http.get(f"{host.url}/admin/functions", headers=host.master).json()
    shown = {function["name"]: function for function in listed}
    assert shown["orders"]["invoke_url_template"] == f"{host.url}/api/orders/{{region:alpha}}/{{id:int?}}"
    assert shown["switched_off"]["isDisabled"]
    one = http.get(f"{host.url}/admin/functions/ping", headers=host.master)
    assert one.json()["config"]["bindings"][0]["type"] == "httpTrigger"


def test_a_function_can_be_run_now(host: Host, http: httpx.Client) -> None:
    def run(name: str, **content: object) -> int:
        return http.post(f"{host.url}/admin/functions/{name}", headers=host.master, **content).status_code  # type: ignore[arg-type]

    assert run("yearly", json={"input": ""}) == 202
    assert run("on_queue", json={"input": "by hand"}) == 202
    assert run("on_batch", json={"input": "by hand too"}) == 202
    eventually(lambda: host.records("yearly"))
    assert eventually(lambda: host.records("queue"))[0]["body"] == "by hand"
    assert eventually(lambda: host.records("batch"))[0]["bodies"] == ["by hand too"]
    assert not host.records("tick"), "it is disabled, though it would run at the start"
    assert run("absent", json={"input": ""}) == 404
    assert run("yearly", content=b"not json") == 400
    assert run("yearly") == 400
    assert run("ping", json={"input": ""}) == 400
