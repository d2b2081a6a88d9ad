"""The processes: settings, the ASGI application, the GraphQL endpoint and the command line."""
