"""The operation documents that frontends send, GraphiQL shows, and the tests run."""
