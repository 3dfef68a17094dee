"""The embedded platform: everything ValueFlow talks to, on one machine, over the real wire protocols.

Never deployed. `python -m sandbox` is the door; each folder is one system in a process of its own.
"""
