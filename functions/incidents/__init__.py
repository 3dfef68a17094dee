"""Incidents: problems that come in, what is watched for them, what was learnt from them."""
