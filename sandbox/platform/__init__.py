"""The supervisor: starts every process of the embedded platform, keeps them running, knows their addresses."""
