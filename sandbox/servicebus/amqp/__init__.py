"""AMQP 1.0 on the wire: the type system and the frames. No I/O, and nothing of Service Bus."""
