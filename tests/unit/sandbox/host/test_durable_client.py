"""What a durableClient binding receives, read back with Microsoft's own client."""

import azure.functions as func
from azure.durable_functions import DurableFunctionsClient

from sandbox.host.durable_client import client_payload


async def test_the_durable_client_finds_its_backend_and_its_management_addresses() -> None:
    client = DurableFunctionsClient(client_payload(7071, "127.0.0.1:4001", "hub", "s-key"))
    try:
        assert (client.taskHubName, client.rpcBaseUrl) == ("hub", "http://127.0.0.1:4001")
        request = func.HttpRequest("POST", "http://localhost:7071/api/start", body=b"")
        links = client.create_http_management_payload(request, "a b")
    finally:
        await client.close()
    root = "http://localhost:7071/runtime/webhooks/durabletask/instances/a%20b"
    assert links["statusQueryGetUri"] == f"{root}?taskHub=hub&connection=Storage&code=s-key"
    assert links["sendEventPostUri"].startswith(f"{root}/raiseEvent/{{eventName}}?taskHub=hub")
    assert set(links) >= {"terminatePostUri", "suspendPostUri", "resumePostUri", "purgeHistoryDeleteUri"}
