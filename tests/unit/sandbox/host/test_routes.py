"""Routes read as ASP.NET reads them."""

import pytest

from sandbox.host.http import RouteTable, query_values
from sandbox.host.index import Function
from sandbox.host.routes import parse_template


def function(name: str, route: str, methods: list[str] | None = None, disabled: bool = False) -> Function:
    trigger = {"type": "httpTrigger", "name": "req", "route": route, "authLevel": "ANONYMOUS"}
    if methods:
        trigger["methods"] = methods  # type: ignore[assignment]
    return Function(name, trigger, [trigger], None, disabled)


@pytest.mark.parametrize(
    ("route", "path", "parameters"),
    [
        ("ping", "/api/ping", {}),
        ("ping", "/API/Ping", {}),
        ("ping", "/api/ping/", {}),
        ("orders/{id}", "/api/orders/7", {"id": "7"}),
        ("orders/{id:int}", "/api/orders/-7", {"id": "-7"}),
        ("orders/{id?}", "/api/orders", {}),
        ("orders/{id:int?}", "/api/orders/9", {"id": "9"}),
        ("orders/{id=5}", "/api/orders", {"id": "5"}),
        ("files/{*path}", "/api/files/a/b.txt", {"path": "a/b.txt"}),
        ("files/{*path}", "/api/files", {}),
        ("people/{name}", "/api/people/Jo%C3%A3o%20Silva", {"name": "João Silva"}),
        ("report-{year:int}.{kind}", "/api/report-2026.csv", {"year": "2026", "kind": "csv"}),
        ("codes/{code:length(3)}", "/api/codes/abc", {"code": "abc"}),
        ("pages/{n:range(1,10)}", "/api/pages/10", {"n": "10"}),
        ("things/{id:guid}", f"/api/things/{'a' * 8}-{'b' * 4}-{'c' * 4}-{'d' * 4}-{'e' * 12}", ...),
    ],
)
def test_a_path_that_fits_yields_its_parameters(route: str, path: str, parameters: object) -> None:
    matched = parse_template("api", route).match(path)
    assert matched is not None
    if parameters is not ...:
        assert matched == parameters


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("ping", "/api/pong"),
        ("ping", "/ping"),
        ("orders/{id}", "/api/orders"),
        ("orders/{id}", "/api/orders/7/8"),
        ("orders/{id:int}", "/api/orders/seven"),
        ("orders/{id:alpha}", "/api/orders/7"),
        ("pages/{n:range(1,10)}", "/api/pages/11"),
        ("codes/{code:length(3)}", "/api/codes/ab"),
        ("codes/{code:minlength(2):maxlength(3)}", "/api/codes/abcd"),
        ("things/{id:guid}", "/api/things/123"),
    ],
)
def test_a_path_that_does_not_fit_is_not_matched(route: str, path: str) -> None:
    assert parse_template("api", route).match(path) is None


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        ("a/{id:nonsense}", "unknown route constraint"),
        ("a/{", "not a parameter"),
        ("a/{id}/{id}", "twice"),
        ("a/{id:length(x)}", "invalid literal"),
    ],
)
def test_a_malformed_template_is_refused(route: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_template("api", route)


def test_the_more_specific_of_two_routes_wins_whatever_their_order() -> None:
    routes = ["o/{*rest}", "o/{id}", "o/{id:int}", "o/latest"]
    for given in (routes, routes[::-1]):
        table = RouteTable([function(route, route) for route in given], "api")
        names = {}
        for path in ("/api/o/latest", "/api/o/7", "/api/o/x", "/api/o/x/y"):
            found = table.find("GET", path)
            assert found is not None
            names[path] = found[0].function.name
        assert names == {
            "/api/o/latest": "o/latest",
            "/api/o/7": "o/{id:int}",
            "/api/o/x": "o/{id}",
            "/api/o/x/y": "o/{*rest}",
        }


def test_one_path_serves_each_method_by_its_own_function() -> None:
    table = RouteTable([function("read", "o", ["GET"]), function("write", "o", ["POST"])], "")
    found = {method: table.find(method, "/o") for method in ("GET", "POST", "DELETE")}
    assert not table.faults
    assert [one and one[0].function.name for one in found.values()] == ["read", "write", None]


def test_conflicting_and_reserved_routes_are_faults() -> None:
    table = RouteTable(
        [function("one", "a"), function("two", "A", ["GET"]), function("three", "admin/x")], ""
    )
    assert len(table.faults) == 2
    assert "two" in table.faults[0]
    assert "three" in table.faults[1]


def test_a_disabled_function_has_no_route() -> None:
    assert RouteTable([function("one", "a", disabled=True)], "api").find("GET", "/api/a") is None


def test_repeated_query_parameters_are_joined_and_empty_ones_left_out() -> None:
    assert query_values("a=1&a=2&b=&c=%20x") == {"a": "1,2", "c": " x"}
