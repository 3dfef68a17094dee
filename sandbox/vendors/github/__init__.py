"""A simulated GitHub: its REST API of deployments, workflow runs, pull requests and commits, and its webhooks.

https://docs.github.com/rest
"""
