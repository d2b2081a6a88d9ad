"""How fields are resolved: the request context, the data loaders, and functions for fields in Python."""
