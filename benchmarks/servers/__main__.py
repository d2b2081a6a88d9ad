"""Serves an ASGI application as our own is served: `python -m benchmarks.servers module:application PORT`."""

import sys

import uvicorn


def main(target: str, port: str) -> None:
    """Serve until asked to end. A target whose name begins with `create_` makes the application when it is called."""
    uvicorn.run(
        target,
        factory=target.rpartition(":")[2].startswith("create_"),
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
