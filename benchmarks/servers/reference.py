"""The application of this repository with nothing but its reference executor."""

from functools import partial

from server import app

create_app = partial(app.create_app, compiled=False)
