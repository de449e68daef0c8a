"""Serves Kallithea from several threads, as the bridge prepares it, without the bridge:
server.py INI PORT [--threads N] [--processes N] [--way adjusted|untouched|locked] [--pause SECONDS]

As under IIS, the user is the one that the Basic credentials name; any password is accepted. --way untouched leaves out what the
bridge does for threads; --way locked instead serves one version-control request at a time. --pause makes each version-control
request wait after it has told its hooks the user, before it calls them, so that a fault shows soon.
"""
import argparse
import base64
import os
import re
import socket
import sys
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../own"))
import engine

VERSION_CONTROL = re.compile(r"/(info/refs|git-upload-pack|git-receive-pack)$")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ini")
    parser.add_argument("port", type=int)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--way", choices=["adjusted", "untouched", "locked"], default="adjusted")
    parser.add_argument("--pause", type=float, default=0)
    arguments = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", arguments.port), backlog=1024)
    for _ in range(arguments.processes - 1):
        if os.fork() == 0:
            break
    serve(arguments, listener)


def serve(arguments, listener):
    engine.importable()
    import kallithea_bridge_adjustments as adjustments
    import kallithea_bridge_bootstrap as bootstrap
    import kallithea_bridge_threads as threads

    if arguments.way != "adjusted":
        threads.separate_threads = lambda: None
        adjustments.adjusted = lambda application: application
    terminal = os.fdopen(os.dup(2), "w", buffering=1)
    environment = {"PATH": os.environ["PATH"]}
    bootstrap.prepare(lambda line: terminal.write(line + "\n"), sys.base_prefix, sys.prefix, environment)
    application = bootstrap.load(os.path.abspath(arguments.ini), os.path.dirname(os.path.abspath(arguments.ini)))
    if arguments.pause:
        pause(arguments.pause)
    if arguments.way == "locked":
        application = locked(application)
    import waitress

    waitress.serve(signed_on(application), sockets=[listener], threads=arguments.threads)


def pause(seconds):
    from kallithea.controllers import base

    tell = base.set_hook_environment

    def tell_and_wait(*arguments, **options):
        tell(*arguments, **options)
        time.sleep(seconds)

    base.set_hook_environment = tell_and_wait


def signed_on(application):
    """Answer as IIS with Basic authentication would."""

    def serve_signed_on(environ, start_response):
        kind, _, secret = environ.pop("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "basic":
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="test"'), ("Content-Length", "0")])
            return []
        environ["AUTH_TYPE"] = "Basic"
        environ["REMOTE_USER"] = base64.b64decode(secret).decode("utf-8").partition(":")[0]
        return application(environ, start_response)

    return serve_signed_on


def locked(application):
    """Serve one version-control request at a time, from its beginning to the end of its response."""
    turn = threading.Lock()

    def serve_in_turn(environ, start_response):
        is_mercurial = environ.get("HTTP_ACCEPT", "").startswith("application/mercurial")
        if not is_mercurial and not VERSION_CONTROL.search(environ["PATH_INFO"]):
            return application(environ, start_response)
        turn.acquire()
        try:
            return InTurn(application(environ, start_response), turn)
        except BaseException:
            turn.release()
            raise

    return serve_in_turn


class InTurn:
    """A response that ends its turn when it is closed."""

    def __init__(self, response, turn):
        self._response = response
        self._turn = turn

    def __iter__(self):
        return iter(self._response)

    def close(self):
        try:
            getattr(self._response, "close", lambda: None)()
        finally:
            self._turn.release()


main()
