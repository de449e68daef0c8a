"""Lets users work at the same time with real hg and git clients, and compares Kallithea's journal with what each of them did:
clients.py DATABASE URL... [--users N] [--operations N] [--repositories N] [--hg PATH] [--without-git]

A URL is that of Kallithea's first page, with {user} for the name: http://{user}:secret@127.0.0.1:8080. Of several URLs, each user
always uses the same one. The repositories are those of populate.py. Exits with 1 if an entry of the journal has a wrong user, is
missing or is one too many, or if a client failed.
"""
import argparse
import collections
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

MERCURIAL = ("push", "clone", "pull")
GIT = ("clone", "fetch", "clone", "push", "fetch")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database")
    parser.add_argument("url", nargs="+")
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--operations", type=int, default=40, help="of each user")
    parser.add_argument("--repositories", type=int, default=4)
    parser.add_argument("--hg", default="hg")
    parser.add_argument("--without-git", action="store_true")
    arguments = parser.parse_args()
    before = last_entry(arguments.database)
    with tempfile.TemporaryDirectory() as folder:
        users = [User(number, arguments, folder) for number in range(1, arguments.users + 1)]
        users[0].begin_repositories()
        began = time.monotonic()
        threads = [threading.Thread(target=user.work) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.monotonic() - began
    tell_times(users, elapsed)
    faults = tell_faults(users, arguments.database, before)
    sys.exit(1 if faults else 0)


class User:
    """A user with a folder, a repository of each kind, and a list of completed operations."""

    def __init__(self, number, arguments, folder):
        self.number = number
        self.name = "user%d" % number
        self.arguments = arguments
        self.url = arguments.url[number % len(arguments.url)].replace("{user}", self.name).rstrip("/")
        self.folder = os.path.join(folder, self.name)
        self.changes = []  # hashes of the changes that this user made
        self.pushed = []  # (repository, hash)
        self.pulled = collections.Counter()  # repository -> times
        self.times = collections.defaultdict(list)
        self.failures = []
        os.makedirs(self.folder)
        self.hg("init", "hg")
        if not arguments.without_git:
            self.git("init", "--quiet", "--initial-branch", self.name, "git")

    def begin_repositories(self):
        """Push a change to every repository, because clients cannot pull from an empty one."""
        for number in range(1, self.arguments.repositories + 1):
            self.do("hg", "push", number)
            if not self.arguments.without_git:
                self.do("git", "push", number)

    def work(self):
        kinds = [("hg", action) for action in MERCURIAL]
        if not self.arguments.without_git:
            kinds += [("git", action) for action in GIT]
        for step in range(self.arguments.operations):
            kind, action = kinds[(step + self.number) % len(kinds)]
            self.do(kind, action, (step // len(kinds) + self.number) % self.arguments.repositories + 1)

    def do(self, kind, action, number):
        """Do one operation with the repository of that kind and number."""
        repository = "%s%d" % (kind, number)
        url = "%s/%s" % (self.url, repository)
        began = time.monotonic()
        try:
            getattr(self, "%s_%s" % (kind, action))(url)
        except subprocess.CalledProcessError as error:
            self.failures.append("%s: %s %s %s: %s" % (self.name, kind, action, repository, error.stdout))
            return
        self.times[kind + " " + action].append(time.monotonic() - began)
        if action == "push":
            self.pushed.append((repository, self.changes[-1]))
        else:
            self.pulled[repository] += 1

    def hg_push(self, url):
        self.write("hg")
        self.hg("commit", "--cwd", "hg", "--addremove", "--user", self.name, "--message", "a change")
        self.changes.append(self.hg("log", "--cwd", "hg", "--rev", "tip", "--template", "{node}").strip())
        self.hg("push", "--cwd", "hg", "--force", url)

    def hg_clone(self, url):
        self.hg("clone", "--noupdate", url, "clone")
        shutil.rmtree(os.path.join(self.folder, "clone"))

    def hg_pull(self, url):
        self.hg("init", "pull")
        self.hg("pull", "--cwd", "pull", url)
        shutil.rmtree(os.path.join(self.folder, "pull"))

    def git_push(self, url):
        self.write("git")
        self.git("-C", "git", "add", ".")
        self.git("-C", "git", "commit", "--quiet", "--message", "a change")
        self.changes.append(self.git("-C", "git", "rev-parse", "HEAD").strip())
        self.git("-C", "git", "push", "--quiet", url, "HEAD:refs/heads/" + self.name)

    def git_clone(self, url):
        self.git("clone", "--quiet", "--bare", url, "clone.git")
        shutil.rmtree(os.path.join(self.folder, "clone.git"))

    def git_fetch(self, url):
        self.git("-C", "git", "fetch", "--quiet", url, "+refs/heads/*:refs/fetched/*")

    def write(self, kind):
        with open(os.path.join(self.folder, kind, "file"), "a") as file:
            file.write("%s %d\n" % (self.name, len(self.changes)))

    def hg(self, *words):
        return self.run(self.arguments.hg, *words)

    def git(self, *words):
        return self.run("git", *words)

    def run(self, *command):
        environment = dict(os.environ, HOME=self.folder, HGRCPATH="", GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0")
        for role in ("AUTHOR", "COMMITTER"):
            environment["GIT_%s_NAME" % role] = self.name
            environment["GIT_%s_EMAIL" % role] = self.name + "@example.com"
        return subprocess.run(
            command, cwd=self.folder, env=environment, check=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900,
        ).stdout


def last_entry(database):
    return entries(database, "select coalesce(max(user_log_id), 0) from user_logs")[0][0]


def entries(database, query):
    connection = sqlite3.connect(database, timeout=60)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def tell_times(users, elapsed):
    times = collections.defaultdict(list)
    for user in users:
        for kind, some in user.times.items():
            times[kind] += some
    total = sum(map(len, times.values()))
    print("%d operations of %d users in %.0f s, %.1f a second" % (total, len(users), elapsed, total / elapsed))
    for kind, some in sorted(times.items()):
        some.sort()
        middle, late = some[len(some) // 2], some[int(len(some) * 0.99)]
        print("  %-9s %5d times, median %.2f s, p99 %.2f s" % (kind, len(some), middle, late))


def tell_faults(users, database, before):
    """The number of wrong entries."""
    query = "select username, repository_name, action from user_logs where user_log_id > %d" % before
    pushed, pulled = {}, collections.Counter()
    for name, repository, action in entries(database, query):
        kind, _, hashes = action.partition(":")
        if kind == "pull":
            pulled[name, repository] += 1
        for change in filter(None, hashes.split(",")):
            pushed.setdefault((repository, change), set()).add(name)
    wrong, missing = judge_pushes(users, pushed)
    surplus, lost = judge_pulls(users, pulled)
    failures = [failure for user in users for failure in user.failures]
    for failure in failures[:10]:
        print(failure)
    print("pushes: %d under a wrong name, %d missing" % (wrong, missing))
    print("pulls: %d under a wrong name or one too many, %d missing" % (surplus, lost))
    print("clients: %d operations failed" % len(failures))
    return wrong + missing + surplus + lost + len(failures)


def judge_pushes(users, pushed):
    owner = {change: user.name for user in users for change in user.changes}
    wrong = sum(names != {owner.get(change)} for (_, change), names in pushed.items())
    return wrong, sum(push not in pushed for user in users for push in user.pushed)


def judge_pulls(users, pulled):
    expected = collections.Counter()
    for user in users:
        for repository, times in user.pulled.items():
            expected[user.name, repository] += times
    return sum((pulled - expected).values()), sum((expected - pulled).values())


main()
