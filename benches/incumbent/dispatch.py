"""What `kallithea-cli iis-install` writes, as far as it can run on Python 3: the loader calls __ExtensionFactory__.

Which of the two handlers and which application is said by BENCH_HANDLER and BENCH_INI in the environment.
"""
import os
import site
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
site.addsitedir(os.path.join(HERE, "site-packages"))
site.addsitedir(os.environ["BENCH_SITE_PACKAGES"])

import isapi_wsgi

# isapi_wsgi has put win32traceutil's stream there, which lacks the `buffer` that Mercurial asks for.
sys.stdin = None
sys.stdout = sys.stderr = open(os.devnull, "w")


class ThreadPool(isapi_wsgi.ISAPIThreadPoolHandler):
    """The thread pool, without the client's identity: the host has no token of a user to give."""

    def DispatchConnection(self, error, count, key, overlapped):
        block = overlapped.object
        try:
            self.Dispatch(block)
        except BaseException:
            self.HandleDispatchError(block)


class Simple(isapi_wsgi.ISAPISimpleHandler):
    """Each request on the thread of IIS that brings it."""


def __ExtensionFactory__():
    from logging.config import fileConfig
    from paste.deploy import loadapp

    ini = os.environ["BENCH_INI"]
    fileConfig(ini, {"__file__": ini, "here": os.path.dirname(ini)}, disable_existing_loggers=False)
    handler = {"simple": Simple, "pool": ThreadPool}[os.environ["BENCH_HANDLER"]]
    return handler(loadapp("config:" + ini))
