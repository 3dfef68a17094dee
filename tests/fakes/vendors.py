"""All fake vendors behind the real clients, and activities called as the worker calls them."""

from typing import Any

from shared.clients.azure_devops import azure_devops_client
from shared.clients.dynatrace import dynatrace_client
from shared.clients.servicenow import servicenow_client
from shared.clients.teams import teams_client
from tests.fakes import azure_devops, dynatrace, servicenow, teams
from tests.fakes.services import fake_services


class Vendors:
    """services: of a process whose vendors are these."""

    def __init__(self) -> None:
        self.devops = azure_devops.FakeAzureDevOps()
        self.dynatrace = dynatrace.FakeDynatrace()
        self.servicenow = servicenow.FakeServiceNow()
        self.teams = teams.FakeTeams()
        self.services: Any = fake_services()
        self.services.__dict__.update(
            azure_devops=azure_devops_client(
                azure_devops.URL, azure_devops.TOKEN, transport=self.devops.transport
            ),
            dynatrace=dynatrace_client(dynatrace.URL, dynatrace.TOKEN, transport=self.dynatrace.transport),
            servicenow=servicenow_client(
                servicenow.URL,
                servicenow.CLIENT_ID,
                servicenow.CLIENT_SECRET,
                transport=self.servicenow.transport,
            ),
            teams=teams_client(teams.URL, transport=self.teams.transport),
        )


async def act(activity: Any, payload: dict[str, Any], key: str = "op-1/step") -> dict[str, Any]:
    """-> the outcome. key: what the saga would send with the payload."""
    function = activity._function.get_user_function()
    handler = getattr(function, "activity_function", function)
    outcome: dict[str, Any] = await handler({"key": key, **payload})
    return outcome


async def value(activity: Any, payload: dict[str, Any], key: str = "op-1/step") -> dict[str, Any]:
    """-> what the activity gives once it is done; like the saga, it asks again while that is not known."""
    for _ in range(3):
        outcome = await act(activity, payload, key)
        if outcome["status"] not in ("unknown", "unavailable"):
            break
    assert outcome["status"] == "done", outcome
    given: dict[str, Any] = outcome["value"]
    return given
