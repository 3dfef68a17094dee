"""The least a scorecard can be: read the blob with the bare SDK and answer with its bytes, to anybody with the key."""

import os

import azure.durable_functions as df
import azure.functions as func
from azure.storage.blob.aio import ContainerClient

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
clients: list[ContainerClient] = []


@app.route(route="services/{name}/scorecard", methods=["GET"])
async def read(req: func.HttpRequest) -> func.HttpResponse:
    if not clients:
        connection = os.environ["BLOB_CONNECTION_STRING"]
        clients.append(ContainerClient.from_connection_string(connection, "valueflow"))
    stream = await clients[0].download_blob(f"scorecards/{req.route_params['name']}.json")
    return func.HttpResponse(await stream.readall(), mimetype="application/json")
