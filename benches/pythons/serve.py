"""Serves Kallithea to this machine by one thread of waitress, until it is ended: serve.py INI

Prints its port. GET /processor answers with this process's processor seconds, in user and system mode and with its ended
children, and with the module that reads Mercurial's indexes.
"""
import logging.config
import os
import sys
import time


def main(ini):
    import waitress
    from mercurial import policy
    from paste.deploy import loadapp

    ini = os.path.abspath(ini)
    logging.config.fileConfig(ini, {"here": os.path.dirname(ini), "__file__": ini}, disable_existing_loggers=False)
    kallithea = loadapp("config:" + ini)
    parsers = policy.importmod("parsers").__name__

    def application(environ, start_response):
        if environ["PATH_INFO"] != "/processor":
            return kallithea(environ, start_response)
        children = os.times()
        seconds = time.process_time() + children.children_user + children.children_system
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"%.6f %s" % (seconds, parsers.encode())]

    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=1)
    print(server.effective_port, flush=True)
    server.run()


main(*sys.argv[1:])
