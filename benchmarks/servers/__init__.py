"""ASGI applications to compare the server with: what it could be at best, and its reference executor."""
