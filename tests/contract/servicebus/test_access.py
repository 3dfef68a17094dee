"""Who gets in."""

import re
import time

import pytest
from azure.servicebus import ServiceBusClient
from azure.servicebus._pyamqp.utils import generate_sas_token
from azure.servicebus.exceptions import ServiceBusAuthenticationError, ServiceBusAuthorizationError

from tests.contract.servicebus.bus import Bus, message

REFUSED = (ServiceBusAuthenticationError, ServiceBusAuthorizationError)


def send_one(connection_string: str) -> None:
    with (
        ServiceBusClient.from_connection_string(connection_string, retry_total=0) as client,
        client.get_queue_sender("auth") as sender,
    ):
        sender.send_messages(message())


@pytest.mark.parametrize("part", ["SharedAccessKey", "SharedAccessKeyName"])
def test_a_wrong_key_is_refused(connection_string: str, part: str) -> None:
    with pytest.raises(REFUSED):
        send_one(re.sub(f"{part}=[^;]*", f"{part}=wrong", connection_string))


def test_a_signature_opens_until_it_expires(bus: Bus) -> None:
    parts = dict(part.split("=", 1) for part in bus.connection_string.strip(";").split(";"))
    host = parts["Endpoint"].removeprefix("sb://").rstrip("/")

    def signed(expiry_s: float) -> str:
        token = generate_sas_token(  # type: ignore[no-untyped-call]
            f"sb://{host}/auth", parts["SharedAccessKeyName"], parts["SharedAccessKey"], int(expiry_s)
        )
        emulator = "UseDevelopmentEmulator=true;" if "UseDevelopmentEmulator" in parts else ""
        return f"Endpoint={parts['Endpoint']};SharedAccessSignature={token};{emulator}"

    send_one(signed(time.time() + 60))
    bus.complete_all("auth", bus.receive("auth"))
    with pytest.raises(REFUSED):
        send_one(signed(time.time() - 60))
