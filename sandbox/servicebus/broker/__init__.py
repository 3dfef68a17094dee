"""Queues, topics and subscriptions with what Service Bus promises of them. No network, no wall clock."""
