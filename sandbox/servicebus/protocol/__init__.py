"""The server's side of the wire: connections, sessions, links, tokens and management requests."""
