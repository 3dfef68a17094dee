"""Every address and key of the platform in one JSON document: what `up --json` prints and the others read.

Kept as platform.json in the state folder, readable by its owner only.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.vendors.entra.people import TENANT

ORGANIZATION = "sandbox"
BLOB_ACCOUNT = "valueflow"
CHANNEL = "operations"
SERVICEBUS_KEY_NAME = "RootManageSharedAccessKey"
WAREHOUSE_USER = "VALUEFLOW"

type Document = dict[str, Any]


def describe(state: str, ports: Mapping[str, int], keys: Mapping[str, Any]) -> Document:
    """state: the folder. keys: as sandbox.platform.keys.load gives them."""
    own, vendors, host = keys["own"], keys["vendors"], keys["host"]
    url = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    issuer = f"{url['entra']}/{TENANT}/v2.0"
    return {
        "state": state,
        "ports": dict(ports),
        "console": {"url": url["console"]},
        "app": {
            "url": url["app"],
            "master_key": host["master"],
            "function_key": host["function"],
            "webhook_url": f"{url['app']}/api/webhooks/dynatrace",
            "webhook_secret": own["webhook_secret"],
            "link_secret": own["link_secret"],
        },
        "servicebus": {
            "connection_string": servicebus_connection(ports["servicebus"], own["servicebus_key"]),
            "key": own["servicebus_key"],
            "stats_url": f"{url['servicebus_stats']}/stats",
        },
        "durable": {"address": f"127.0.0.1:{ports['durable']}"},
        "blob": {
            "url": f"{url['blob']}/{BLOB_ACCOUNT}",
            "key": own["blob_key"],
            "connection_string": blob_connection(url["blob"], own["blob_key"]),
        },
        "warehouse": {
            "url": url["warehouse"],
            "user": WAREHOUSE_USER,
            "password": own["warehouse_password"],
        },
        "vendors": {
            "dynatrace": {"url": url["dynatrace"], **vendors["dynatrace"]},
            "servicenow": {"url": url["servicenow"], **vendors["servicenow"]},
            "azure_devops": {
                "url": url["azure_devops"],
                "organization_url": f"{url['azure_devops']}/{ORGANIZATION}",
                **vendors["azure_devops"],
            },
            "github": {"url": url["github"], **vendors["github"]},
            "teams": {
                "url": url["teams"],
                "webhook_url": teams_webhook(url["teams"], vendors["teams"]["path_secret"]),
                **vendors["teams"],
            },
            "openai": {"url": url["openai"], "base_url": f"{url['openai']}/openai/v1/", **vendors["openai"]},
            "app_configuration": {"url": url["app_configuration"], **vendors["app_configuration"]},
            "entra": {"url": url["entra"], "issuer": issuer, **vendors["entra"]},
        },
    }


def servicebus_connection(port: int, key: str) -> str:
    """What the Service Bus SDK takes; the last part makes it speak plain TCP to a local endpoint."""
    return (
        f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName={SERVICEBUS_KEY_NAME};"
        f"SharedAccessKey={key};UseDevelopmentEmulator=true"
    )


def blob_connection(url: str, key: str) -> str:
    """What the Blob SDK takes for Azurite."""
    return (
        f"DefaultEndpointsProtocol=http;AccountName={BLOB_ACCOUNT};AccountKey={key};"
        f"BlobEndpoint={url}/{BLOB_ACCOUNT};"
    )


def teams_webhook(url: str, signature: str) -> str:
    """The address Teams gives for "When a Teams webhook request is received"; the signature is its secret."""
    parameters = "api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0"
    return f"{url}/workflows/{CHANNEL}/triggers/manual/paths/invoke?{parameters}&sig={signature}"
