"""The embedded Service Bus: an AMQP 1.0 endpoint for the unmodified azure-servicebus SDK.

Three rooms: `amqp` (types and frames, no I/O), `broker` (queues, topics, what is on disk; no network) and
`protocol` (connections, links, management). `python -m sandbox.servicebus` runs it.
"""
