"""A large synthetic data set, for `merkato seed --scale`."""

from server.synthetic.generating import generate

__all__ = ["generate"]
