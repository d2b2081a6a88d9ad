"""The demo shop: Nano Computing and its bakery."""
