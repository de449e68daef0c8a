"""Starts a server, visits it once, and ends it: visit.py PYTHON INI REPOSITORIES MODULE

PYTHON runs serve.py with INI; REPOSITORIES is the folder of repositories.py, which is left as it was. MODULE is what has to read
Mercurial's indexes in the server. Prints lines `operation seconds`: the server's processor time. The clients are the hg beside
the Python that runs this.
"""
import http.cookiejar
import os
import shutil
import subprocess
import sys
import urllib.request

from repositories import ANNOTATED, SERVED, STEP, touched

HERE = os.path.dirname(os.path.abspath(__file__))
HG = os.path.join(os.path.dirname(sys.executable), "hg")
ENVIRONMENT = dict(os.environ, HGRCPATH="", HGPLAIN="1", LC_ALL="C.UTF-8")
for variable in ("HGMODULEPOLICY", "HGZSTDPOLICY"):
    ENVIRONMENT.pop(variable, None)
# How many different pages of each kind are measured; one more comes first, and is not.
PAGES = 5


def main(python, ini, repositories, module):
    forget(repositories)
    command = [python, os.path.join(HERE, "serve.py"), ini]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        visit = Visit("http://127.0.0.1:%d" % int(server.stdout.readline()), repositories, module)
        visit.pages()
        visit.clients()
    finally:
        server.terminate()
        server.wait()
        forget(repositories)


def hg(*arguments):
    return subprocess.run([HG, *arguments], env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout


def forget(repositories):
    """Undo what a client pulled and pushed, and update Mercurial's caches as the servers do."""
    shutil.rmtree(os.path.join(repositories, "clone"), ignore_errors=True)
    for folder, count in (("served/big", SERVED), ("behind", SERVED - STEP)):
        path = os.path.join(repositories, folder)
        if tip(path) != count - 1:
            hg("-R", path, "rollback", "--config", "ui.rollback=yes")
            hg("-R", path, "debugupdatecaches")
        check(tip(path) == count - 1, "%s is not as it was made; remove its folder" % path)


def tip(path):
    return int(hg("-R", path, "log", "-r", "tip", "-T", "{rev}"))


def check(is_right, complaint):
    if not is_right:
        sys.exit(complaint)


class Visit:
    def __init__(self, address, repositories, module):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        self.address = address
        self.repositories = repositories
        found = self.get("/processor").split()[1]
        check(found == module, "the server uses %s, not %s" % (found, module))

    def get(self, path):
        with self.opener.open(self.address + path) as answer:
            return answer.read().decode()

    def spent(self, operation, work):
        before = float(self.get("/processor").split()[0])
        result = work()
        print(operation, "%.6f" % (float(self.get("/processor").split()[0]) - before), flush=True)
        return result

    def pages(self):
        """Pages that were not asked for before; each proves that it is the one."""
        revisions = [SERVED - 100 * (number + 1) for number in range(PAGES + 1)]
        nodes = hg("-R", os.path.join(self.repositories, "served/big"), "log", "-T", "{node}\n",
                   "-r", "+".join(map(str, revisions))).split()
        for number, (revision, node) in enumerate(zip(revisions, nodes)):
            kinds = {
                "changelog": ("/big/changelog?page=%d" % (number * 3 + 1), "for the time %d" % (SERVED - number * 300 - 1)),
                "changeset": ("/big/changeset/" + node, touched(revision)[49]),
                "annotate": ("/big/annotate/%s/%s" % (node, ANNOTATED), str(revision)),
            }
            for kind, (path, proof) in kinds.items():
                page = self.get(path) if number == 0 else self.spent(kind, lambda: self.get(path))
                check(proof in page, "%s does not hold `%s`" % (path, proof))

    def clients(self):
        url = self.address + "/big"
        clone, behind, ahead, big = (os.path.join(self.repositories, folder)
                                     for folder in ("clone", "behind", "ahead", "served/big"))
        hg("id", url)
        self.spent("clone", lambda: hg("clone", "-U", url, clone))
        check(tip(clone) == SERVED - 1, "the clone is not complete")
        self.spent("pull", lambda: hg("-R", behind, "pull", url))
        check(tip(behind) == SERVED - 1, "not everything was pulled")
        self.spent("push", lambda: hg("-R", ahead, "push", url))
        check(tip(big) == SERVED + STEP - 1, "not everything was pushed")


main(*sys.argv[1:])
