"""Against SERVICEBUS_CONTRACT_CONNECTION_STRING when it is set, else against the embedded Service Bus.

Another namespace needs the entities of entities.py; they are emptied first.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.contract.servicebus.bus import Bus
from tests.contract.servicebus.entities import CONFIG, QUEUES, TOPICS

KEY = "contract-tests"
SUBSCRIPTIONS = [f"{topic['Name']}/{sub['Name']}" for topic in TOPICS for sub in topic["Subscriptions"]]
DEAD_LETTERS = ["poison", "dead-letter", "expiry", "planned/everything"]
VARIABLE = "SERVICEBUS_CONTRACT_CONNECTION_STRING"


@pytest.fixture(scope="session")
def connection_string(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get(VARIABLE)
    if given:
        _empty(given)
        yield given
        return
    folder = tmp_path_factory.mktemp("servicebus")
    config = folder / "Config.json"
    config.write_text(json.dumps(CONFIG), encoding="utf-8")
    command = [sys.executable, "-m", "sandbox.servicebus", "--config", str(config)]
    command += ["--state", str(folder / "state"), "--key", KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = json.loads(process.stdout.readline())["port"]
        yield (
            f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=RootManageSharedAccessKey;"
            f"SharedAccessKey={KEY};UseDevelopmentEmulator=true;"
        )
        process.terminate()
        assert process.wait(5) == 0


@pytest.fixture(scope="session")
def bus(connection_string: str) -> Iterator[Bus]:
    bus = Bus(connection_string)
    queues = [queue["Name"] for queue in QUEUES if queue["Name"] != "aio"]
    bus.warm(queues + [topic["Name"] for topic in TOPICS], queues + SUBSCRIPTIONS, DEAD_LETTERS)
    yield bus
    bus.close()


def _empty(connection_string: str) -> None:
    bus = Bus(connection_string)
    for name in [queue["Name"] for queue in QUEUES] + SUBSCRIPTIONS:
        bus.drain(name)
        bus.drain(name, sub_queue="deadletter")
    bus.close()
