"""What a durableClient binding receives: where the durable backend and its management API are.

The shape is that of the DurableTask extension, which azure.durable_functions.client reads.
"""

import json

MAX_MESSAGE_BYTES = 2**31 - 1
ROOT = "/runtime/webhooks/durabletask"
_OPERATIONS = {
    "statusQueryGetUri": "?",
    "sendEventPostUri": "/raiseEvent/{eventName}?",
    "terminatePostUri": "/terminate?reason={text}&",
    "rewindPostUri": "/rewind?reason={text}&",
    "purgeHistoryDeleteUri": "?",
    "restartPostUri": "/restart?",
    "suspendPostUri": "/suspend?reason={text}&",
    "resumePostUri": "/resume?reason={text}&",
}


def client_payload(port: int, backend: str, hub_name: str, system_key: str) -> str:
    """The binding's value. port: this host's; backend: address of the TaskHubSidecarService, host:port."""
    base = f"http://127.0.0.1:{port}{ROOT}"
    query = f"taskHub={hub_name}&connection=Storage&code={system_key}"
    create = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]?"
    return json.dumps(
        {
            "taskHubName": hub_name,
            "connectionName": "Storage",
            "creationUrls": {
                "createNewInstancePostUri": f"{create}code={system_key}",
                "createAndWaitOnNewInstancePostUri": f"{create}timeout={{timeoutInSeconds}}"
                f"&pollingInterval={{intervalInSeconds}}&{query}",
            },
            "managementUrls": {
                "id": "INSTANCEID",
                **{
                    name: f"{base}/instances/INSTANCEID{suffix}{query}"
                    for name, suffix in _OPERATIONS.items()
                },
            },
            "baseUrl": base,
            "requiredQueryStringParameters": query,
            "rpcBaseUrl": f"http://{backend}",
            "httpBaseUrl": base,
            "useForwardedHost": False,
            "maxGrpcMessageSizeInBytes": MAX_MESSAGE_BYTES,
            "grpcHttpClientTimeout": "00:01:40",
        }
    )
