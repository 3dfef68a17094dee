"""Delivery: what tools report is made facts of services, kept where nobody can tell whose it is, told to Dynatrace."""
