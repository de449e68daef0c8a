"""Serves hg and git, and pages, to slow clients. Ends with an exception if one of them holds a connection to the database while it
waits: connections.py INI MERCURIAL [GIT], with the names of repositories to which all users may push."""
import os
import sys
import threading

from paste.deploy import loadapp


class Connections:
    """The connections that are in use, and by which threads."""

    def __init__(self):
        from sqlalchemy import event
        from sqlalchemy.pool import Pool

        self._lent, self.count = {}, 0
        event.listen(Pool, "checkout", self._lend)
        event.listen(Pool, "checkin", lambda connection, record: self._lent.pop(id(record), None))

    def _lend(self, connection, record, proxy):
        self._lent[id(record)] = threading.current_thread()
        self.count += 1

    def held(self):
        return [thread.name for thread in self._lent.values()]


class SlowBody:
    """A body that never arrives, and shows what is held while a thread waits for it."""

    def __init__(self, connections):
        self._connections = connections
        self.seen = []

    def read(self, size=-1):
        self.seen.append(self._connections.held())
        return b""

    readline = read


def main():
    ini, repositories = os.path.abspath(sys.argv[1]), sys.argv[2:]
    sys.argv = sys.argv[:1]
    connections = Connections()
    application = loadapp("config:" + ini)
    import kallithea_bridge_adjustments as adjustments

    application = adjustments.adjusted(application)
    mercurial = {"HTTP_ACCEPT": "application/mercurial-0.1", "CONTENT_TYPE": "application/mercurial-0.1"}
    asked = [
        ("/about", "", "GET", {}),
        ("/" + repositories[0], "", "GET", {}),
        ("/" + repositories[0], "cmd=capabilities", "GET", mercurial),
        ("/" + repositories[0], "cmd=unbundle&heads=666f726365", "POST", mercurial),
    ]
    for name in repositories[1:]:
        git = {"HTTP_USER_AGENT": "git/2.39", "CONTENT_TYPE": "application/x-git-receive-pack-request"}
        asked.append(("/%s/info/refs" % name, "service=git-receive-pack", "GET", git))
        asked.append(("/%s/git-receive-pack" % name, "", "POST", git))
    for path, query, method, headers in asked:
        expect_none_held(application, connections, (path, query, method), headers)


def expect_none_held(application, connections, line, headers):
    path, query, method = line
    body, statuses, before = SlowBody(connections), [], connections.count
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_USER": "CORP\\user1",
        "AUTH_TYPE": "Negotiate",
        "CONTENT_LENGTH": "1000" if method == "POST" else "0",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        **headers,
    }
    response = application(environ, lambda status, headers, error=None: statuses.append(status))
    sent = [connections.held() for _ in response]
    if hasattr(response, "close"):
        response.close()
    assert connections.count > before, "%s asked the database nothing" % (line,)
    # hg or git decides how to answer a request whose body never arrives.
    assert body.seen if method == "POST" else sent, "%s: %s" % (line, statuses)
    assert not any(sent), "%s is sent while %s is held" % (line, sent)
    assert not any(body.seen), "%s is read while %s is held" % (line, body.seen)
    assert not connections.held(), "%s has left a connection" % (line,)


main()
