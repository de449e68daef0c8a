"""What a person waits for: the first page and the next one in Chromium, and one page and the style sheet alone.

pages.py PROGRAM DEPLOYMENTS ROUNDS, by the Python that Kallithea is installed in. PROGRAM is kallithea-iisc; DEPLOYMENTS has the
folders `bench-kallithea` and `bench-application` of `cargo xtask bench`. Prints a table. Each measurement has a new server and a new
browser. Absent: a network; everything is on this machine.
"""
import http.client
import os
import sys
import tempfile
import time

import served

sys.path.insert(0, os.path.join(served.HERE, "../../tests/machines/clients_linux"))
import browser as chromium  # noqa: E402

SHEETS = 1000
PAGES = 100

# What the browser says of the page that it shows. A file from its cache has no size.
OF_THE_PAGE = """
    const page = performance.getEntriesByType("navigation")[0];
    const all = [page, ...performance.getEntriesByType("resource")];
    const sent = all.filter(entry => entry.transferSize > 0);
    return [page.loadEventEnd, sent.length, sent.reduce((sum, entry) => sum + entry.transferSize, 0)]
"""
SHOWN = "return performance.getEntriesByType('navigation')[0].loadEventEnd > 0"


def main(program, deployments, rounds):
    commands = served.commands(program, deployments)
    found = {name: [] for name in commands}
    for name in served.turns(list(commands), int(rounds)):
        found[name].append(measured(commands[name]))
    served.table(list(commands), found)


def measured(command):
    begun = time.monotonic()
    with served.running(command) as server:
        session = asked(server.port, "/")
        figures = {"first answer after the start, s": time.monotonic() - begun}
        for what, path, count in (("a page", "/", PAGES), ("the style sheet, 236 KB", "/css/style.css", SHEETS)):
            asked(server.port, path, session)
            before, begun = server.processor(), time.monotonic()
            for _ in range(count):
                asked(server.port, path, session)
            figures[what + ", ms"] = (time.monotonic() - begun) * 1e3 / count
            figures[what + ", processor time of the server, ms"] = (server.processor() - before) * 1e3 / count
        figures.update(visited(server))
        figures["memory of the server at the end, MiB"] = server.memory()
        return figures


def visited(server):
    """The pages of a person who comes for the first time, follows a link, and comes back."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        person = chromium.Browser(folder)
        try:
            for what, path in (("first page", ""), ("next page", "calculator"), ("first page again", "")):
                before = server.processor()
                person.go(server.address + path)
                person.until(SHOWN)
                milliseconds, requests, size = person.run(OF_THE_PAGE)
                figures[what + " in Chromium, ms"] = milliseconds
                figures[what + ", requests"] = requests
                figures[what + ", KB"] = size / 1000
                figures[what + ", processor time of the server, ms"] = (server.processor() - before) * 1e3
        finally:
            person.end()
    return figures


def asked(port, path, session=None):
    """Asks for a page; returns the cookie of the session that it begins."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Cookie": session} if session else {})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, answer.status, body[:500])
    connection.close()
    return (answer.getheader("Set-Cookie") or "").split(";")[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
