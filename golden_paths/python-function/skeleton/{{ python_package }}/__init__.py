"""The package of this service."""

VERSION = "0.1.0"
