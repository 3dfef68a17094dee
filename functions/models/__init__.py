"""The shapes callers send and get: what pydantic validates here is what GET /api/openapi.json publishes."""
