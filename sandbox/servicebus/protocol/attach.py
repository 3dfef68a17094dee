"""What a client gets when it attaches: the link for the address it names, or the reason why not."""

from functools import partial
from typing import Any

from sandbox.servicebus.amqp.frames import COORDINATOR, SOURCE, TARGET, code_of
from sandbox.servicebus.amqp.types import MalformedAmqp, Symbol
from sandbox.servicebus.broker.errors import Refused, not_allowed, not_found, not_implemented
from sandbox.servicebus.broker.namespace import path_of
from sandbox.servicebus.broker.queues import Queue
from sandbox.servicebus.broker.topics import Subscription
from sandbox.servicebus.protocol.access import Access
from sandbox.servicebus.protocol.incoming import IncomingLink, SenderLink
from sandbox.servicebus.protocol.links import Link, SessionEndpoint
from sandbox.servicebus.protocol.management import manage
from sandbox.servicebus.protocol.outgoing import OutgoingLink, ReceiverLink
from sandbox.servicebus.protocol.requests import Answer, ReplyLink, Request, RequestLink

CBS, MANAGEMENT_SUFFIX = "$cbs", "/$management"
_SESSION_FILTER = Symbol("com.microsoft:session-filter")


def open_link(session: SessionEndpoint, access: Access, attach: list[Any]) -> Link:
    """The link an attach asks for, already answered; closed when it was refused. Raises: MalformedAmqp."""
    client_receives = bool(attach[2])
    try:
        link = _reach(session, access, attach, client_receives)
    except Refused as reason:
        link = (OutgoingLink if client_receives else IncomingLink)(session, attach, "")
        link.refuse(reason)
    else:
        link.confirm()
    return link


def _reach(session: SessionEndpoint, access: Access, attach: list[Any], client_receives: bool) -> Link:
    terminus = attach[5] if client_receives else attach[6]
    if code_of(terminus) == COORDINATOR:
        raise not_implemented("A transaction")
    address = address_of(terminus, SOURCE if client_receives else TARGET)
    path = path_of(address)
    if path == CBS:
        if client_receives:
            return ReplyLink(session, attach, "")
        return RequestLink(session, attach, "", CBS, partial(_put_token, access))
    if path.endswith(MANAGEMENT_SUFFIX):
        managed = path.removesuffix(MANAGEMENT_SUFFIX)
        entity = access.entity(managed)
        if client_receives:
            return ReplyLink(session, attach, entity.path)
        handle = partial(_manage, access, entity.path)
        return RequestLink(session, attach, entity.path, path, handle)
    entity = access.entity(path)
    if not client_receives:
        if isinstance(entity, Subscription) or (isinstance(entity, Queue) and not entity.dead_letters):
            raise not_allowed("Messages cannot be sent to a subscription or a dead-letter queue.")
        return SenderLink(session, attach, entity)
    if not isinstance(entity, Queue):
        raise not_allowed("A topic has no messages to receive; use a subscription.")
    if _SESSION_FILTER in _filters(terminus):
        raise not_implemented("A session")
    return ReceiverLink(session, attach, entity)


def address_of(terminus: Any, code: int) -> str:
    """The address in a source or target. Raises: Refused (not-found) when there is none, MalformedAmqp."""
    if terminus is None:
        raise not_found("")
    if code_of(terminus) != code or not isinstance(terminus.value, list):
        raise MalformedAmqp("a link has a source or target that is none")
    address = terminus.value[0] if terminus.value else None
    if not isinstance(address, str):
        raise not_found("")
    return address


def _filters(source: Any) -> dict[Any, Any]:
    fields = source.value
    found = fields[7] if len(fields) > 7 else None
    return found if isinstance(found, dict) else {}


def _put_token(access: Access, request: Request) -> Answer:
    if request.options.get("operation") != "put-token":
        raise not_implemented("This operation of $cbs")
    access.put_token(request.body, request.options.get("name"))
    return Answer(202, "Accepted")


def _manage(access: Access, path: str, request: Request) -> Answer:
    return manage(access.entity(path), request)
