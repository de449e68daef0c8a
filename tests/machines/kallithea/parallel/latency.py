"""Measures how long other users wait while one user clones a large repository: latency.py URL [--megabytes N] [--hg PATH]

The URL is as for clients.py, the repositories are those of populate.py. user1 pushes this number of megabytes to hg1 and clones
them. At the same time, user2 opens a page, user3 asks Mercurial for heads, and user4 asks Git for its references.
"""
import argparse
import os
import subprocess
import tempfile
import threading
import time
import urllib.request


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--hg", default="hg")
    arguments = parser.parse_args()
    url = arguments.url.rstrip("/")
    with tempfile.TemporaryDirectory() as folder:
        push(arguments.hg, folder, url.replace("{user}", "user1") + "/hg1", arguments.megabytes)
        alone = waits(url, folder, lambda: time.sleep(10))
        began = time.monotonic()
        meanwhile = waits(url, folder, lambda: hg(arguments.hg, folder, "clone", "--noupdate", url.replace("{user}", "user1") + "/hg1", "clone"))
    print("the clone took %.1f s" % (time.monotonic() - began))
    for kind in alone:
        print("  %-15s alone: %s, meanwhile: %s" % (kind, told(alone[kind]), told(meanwhile[kind])))


def push(program, folder, url, megabytes):
    hg(program, folder, "init", "large")
    for number in range(megabytes):
        with open(os.path.join(folder, "large", "file%d" % number), "wb") as file:
            file.write(os.urandom(1 << 20))
    hg(program, folder, "commit", "--cwd", "large", "--addremove", "--user", "user1", "--message", "much")
    hg(program, folder, "push", "--cwd", "large", "--force", url)


def hg(program, folder, *words):
    environment = dict(os.environ, HGRCPATH="", HOME=folder)
    subprocess.run([program, *words], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def waits(url, folder, work):
    """The times of each kind of small request during the work."""
    kinds = {
        "GET /": ("user2", "/", {}),
        "hg heads": ("user3", "/hg2?cmd=heads", {"Accept": "application/mercurial-0.1"}),
        "git references": ("user4", "/git2/info/refs?service=git-upload-pack", {}),
    }
    over = threading.Event()
    times = {kind: [] for kind in kinds}
    threads = [threading.Thread(target=ask, args=(url, *kinds[kind], over, times[kind])) for kind in kinds]
    for thread in threads:
        thread.start()
    work()
    over.set()
    for thread in threads:
        thread.join()
    return times


def ask(url, user, path, headers, over, times):
    address = url.replace("{user}", user) + path
    credentials, _, rest = address.partition("://")[2].partition("@")
    manager = urllib.request.HTTPPasswordMgrWithPriorAuth()
    manager.add_password(None, "http://" + rest, *credentials.split(":"), is_authenticated=True)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
    while not over.is_set():
        began = time.monotonic()
        opener.open(urllib.request.Request("http://" + rest, headers=headers), timeout=600).read()
        times.append(time.monotonic() - began)
        time.sleep(0.05)


def told(times):
    times = sorted(times)
    return "%d, median %.2f s, longest %.2f s" % (len(times), times[len(times) // 2], times[-1])


main()
