"""The platform's words on a terminal: plain lines."""

import sys
from typing import TextIO

from sandbox.platform.document import Document

type Rows = list[tuple[str, str]]


def say(sentence: str, to: TextIO | None = None) -> None:
    """One line, at once."""
    print(sentence, file=to or sys.stdout, flush=True)


def table(rows: Rows, indent: str = "  ") -> str:
    """Two columns, aligned."""
    width = max((len(left) for left, _ in rows), default=0)
    return "\n".join(f"{indent}{left:<{width}}  {right}".rstrip() for left, right in rows)


def welcome(document: Document) -> str:
    """What a person needs to try the platform."""
    app, vendors, warehouse = document["app"], document["vendors"], document["warehouse"]
    sections: list[tuple[str, Rows]] = [
        (
            "Look",
            [
                ("the page", document["console"]["url"]),
                ("health", f"{app['url']}/api/health"),
                ("API description", f"{app['url']}/api/openapi.json"),
            ],
        ),
        (
            "The function app",
            [
                ("address", app["url"]),
                ("Dynatrace's webhook", app["webhook_url"]),
                ("  function key (x-functions-key)", app["function_key"]),
                ("  secret (X-ValueFlow-Secret)", app["webhook_secret"]),
                ("master key (/admin)", app["master_key"]),
            ],
        ),
        (
            "What it talks to",
            [
                ("Service Bus", document["servicebus"]["connection_string"]),
                ("Blob", f"{document['blob']['url']}  key {document['blob']['key']}"),
                ("Durable backend", document["durable"]["address"]),
                (
                    "Snowflake",
                    f"{warehouse['url']}  user {warehouse['user']}  password {warehouse['password']}",
                ),
                ("Dynatrace", f"{vendors['dynatrace']['url']}  token {vendors['dynatrace']['token']}"),
                (
                    "ServiceNow",
                    f"{vendors['servicenow']['url']}  client {vendors['servicenow']['client_id']}"
                    f"  secret {vendors['servicenow']['client_secret']}",
                ),
                (
                    "Azure DevOps",
                    f"{vendors['azure_devops']['organization_url']}  token {vendors['azure_devops']['token']}",
                ),
                ("GitHub", f"{vendors['github']['url']}  token {vendors['github']['token']}"),
                ("Teams", vendors["teams"]["webhook_url"]),
                ("OpenAI", f"{vendors['openai']['base_url']}  key {vendors['openai']['api_key']}"),
                (
                    "App Configuration",
                    f"{vendors['app_configuration']['url']}  id {vendors['app_configuration']['credential_id']}"
                    f"  secret {vendors['app_configuration']['secret']}",
                ),
                ("Entra ID", vendors["entra"]["issuer"]),
            ],
        ),
    ]
    return "\n".join(f"{title}\n{table(rows)}" for title, rows in sections)
