"""A shop as Strawberry's documentation builds one: resolvers in Python, data loaders, SQLAlchemy's async ORM."""
