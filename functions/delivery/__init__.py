"""Delivery: what was deployed, how it was judged, how risky a change is, how a service stands."""
