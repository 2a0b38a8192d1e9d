"""The floor: a Flask application that reads a body and answers, behind the server that serves Prowess.

Run as `python -m lrs.bench.floor THREADS`; it prints its address.  What Prowess does beyond it is Prowess's own cost.
"""

from __future__ import annotations

import sys

from flask import Flask, Response, request

from lrs.server import Listener


def application() -> Flask:
    app = Flask("floor")

    @app.post("/xapi/statements")
    def nothing() -> Response:
        request.get_data()
        return Response('["00000000-0000-4000-8000-000000000000"]', content_type="application/json")

    return app


def main(threads: int) -> None:
    listener = Listener(application(), host="127.0.0.1", port=0, threads=threads)
    print(f"floor at {listener.url}", flush=True)  # noqa: T201 - its whole interface
    listener.stop_on_signals()
    listener.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
