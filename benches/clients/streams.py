"""Large clones and pushes of hg and git: streams.py PROGRAM DEPLOYMENTS FOLDER ROUNDS

By the Python that Kallithea is installed in. PROGRAM is kallithea-iisc; DEPLOYMENTS has the folder `bench-kallithea` of `cargo xtask
bench`, whose database is changed. FOLDER is for the repositories. Prints a table. Each measurement has a new server and new
repositories; before it, one small request of the client loads what it needs. The clients are the hg beside this Python, and git.
"""
import os
import random
import shutil
import subprocess
import sys
import time

import served

CLONED, PUSHED = 200, 100  # MB
FILE = 10  # MB
POPULATE = os.path.join(served.HERE, "../../tests/machines/kallithea/parallel/populate.py")
HG = os.path.join(os.path.dirname(sys.executable), "hg")
ENVIRONMENT = dict(
    os.environ, HGRCPATH="", HGPLAIN="1", HGUSER="user1", LC_ALL="C.UTF-8", GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null",
    GIT_TERMINAL_PROMPT="0", GIT_AUTHOR_NAME="user1", GIT_AUTHOR_EMAIL="user1@example.com", GIT_COMMITTER_NAME="user1",
    GIT_COMMITTER_EMAIL="user1@example.com",
)


def main(program, deployments, folder, rounds):
    commands = served.commands(program, deployments)
    names = ["bridge", served.WAITRESS]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    clients = [Mercurial(folder), Git(folder)]
    found = {name: [] for name in names}
    for name in served.turns(names, int(rounds)):
        repositories = os.path.join(folder, "served")
        ini = os.path.join(deployments, "bench-kallithea/my.ini")
        run([sys.executable, POPULATE, ini, repositories, "1", "1"])
        found[name].append({})
        for client in clients:
            client.seed(os.path.join(repositories, client.name + "1"))
            with served.running(commands[name]) as server:
                found[name][-1].update(measured(server, client, os.path.join(folder, "clone")))
    served.table(names, found)
    shutil.rmtree(folder)


def measured(server, client, clone):
    url = server.address + client.name + "1"
    figures = {}
    client.look(url)
    for what, work in (
        ("%s: clone of %d MB" % (client.name, CLONED), lambda: client.clone(url, clone)),
        ("%s: push of %d MB" % (client.name, PUSHED), lambda: client.push(url)),
    ):
        server.forget_peak()
        memory, before, begun = server.memory(), server.processor(), time.monotonic()
        work()
        figures[what + ", s"] = time.monotonic() - begun
        figures[what + ", processor time of the server and its children, s"] = server.processor() - before
        figures[what + ", growth of the server's memory at most, MiB"] = server.memory("VmHWM") - memory
    client.check(clone)
    shutil.rmtree(clone)
    return figures


class Mercurial:
    """Two repositories: one to be cloned, and one with a changeset more, to be pushed."""

    name = "hg"

    def __init__(self, folder):
        self.base, self.ahead = (os.path.join(folder, "hg-" + what) for what in ("base", "ahead"))
        self.hg("init", self.ahead)
        fill(self.ahead, "one", CLONED)
        self.hg("-R", self.ahead, "commit", "-A", "-m", "one")
        self.hg("clone", "-U", self.ahead, self.base)
        fill(self.ahead, "two", PUSHED)
        self.hg("-R", self.ahead, "commit", "-A", "-m", "two")

    def hg(self, *arguments):
        return run([HG, *arguments])

    def seed(self, repository):
        self.hg("-R", repository, "pull", self.base)

    def look(self, url):
        self.hg("id", url)

    def clone(self, url, folder):
        self.hg("clone", "-U", url, folder)

    def push(self, url):
        self.hg("-R", self.ahead, "push", url)

    def check(self, clone):
        assert self.hg("-R", clone, "log", "-T", "{desc}") == "one"


class Git:
    """The same of Git's."""

    name = "git"

    def __init__(self, folder):
        self.ahead = os.path.join(folder, "git-ahead")
        run(["git", "init", "--quiet", "--initial-branch", "main", self.ahead])
        for what, size in (("one", CLONED), ("two", PUSHED)):
            fill(self.ahead, what, size)
            self.git("add", what)
            self.git("commit", "--quiet", "-m", what)

    def git(self, *arguments):
        return run(["git", "-C", self.ahead, *arguments])

    def seed(self, repository):
        # Kallithea's hooks are for pushes through Kallithea. What is kept in a pack is sent as it is, as on a server that packs its
        # repositories at times.
        self.git("push", "--quiet", "--receive-pack", "git -c core.hooksPath=/dev/null -c receive.unpackLimit=1 receive-pack",
                 repository, "HEAD~1:refs/heads/main")

    def look(self, url):
        run(["git", "ls-remote", url])

    def clone(self, url, folder):
        run(["git", "clone", "--quiet", "--no-checkout", "--branch", "main", url, folder])

    def push(self, url):
        self.git("push", "--quiet", url, "HEAD:refs/heads/main")

    def check(self, clone):
        assert run(["git", "-C", clone, "log", "--format=%s"]).split() == ["one"]


def fill(repository, name, megabytes):
    """Files that no compression makes smaller, the same every time."""
    noise = random.Random(name)
    os.mkdir(os.path.join(repository, name))
    for number in range(megabytes // FILE):
        with open(os.path.join(repository, name, "%d.bin" % number), "wb") as file:
            file.write(noise.randbytes(FILE * 1000000))


def run(command):
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s: %s%s" % (command, done.stdout, done.stderr))
    return done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
