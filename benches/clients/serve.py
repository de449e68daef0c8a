"""Serves Kallithea to this machine by one thread of waitress, everybody as user1, until it is ended: serve.py INI

Prints its address.
"""
import logging.config
import os
import sys


def main(ini):
    import waitress
    from paste.deploy import loadapp

    ini = os.path.abspath(ini)
    logging.config.fileConfig(ini, {"here": os.path.dirname(ini), "__file__": ini}, disable_existing_loggers=False)
    kallithea = loadapp("config:" + ini)

    def application(environ, start_response):
        return kallithea(dict(environ, REMOTE_USER="CORP\\user1", AUTH_TYPE="Negotiate"), start_response)

    # The largest body of a request that the bridge's default lets through, too.
    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=1, max_request_body_size=1 << 32)
    print("http://127.0.0.1:%s/" % server.effective_port, flush=True)
    server.run()


main(*sys.argv[1:])
