"""Adds to the repositories of populate.py what must be treated as data: planted.py FOLDER [--without-git]

Creates a repository that is not Kallithea's, next to FOLDER. Everything here that runs or writes leaves a file of its own in the
folder `traces`, which is next to FOLDER, too.
"""
import os
import shutil
import subprocess
import sys

import mercurial.context
import mercurial.hg
import mercurial.node
import mercurial.ui

EVIL = 'default") or remote("tip", r"%s'
EXTENSION = "open(%r, 'w').close()\n"


def main():
    folder = os.path.abspath(sys.argv[1])
    beside = os.path.dirname(folder)
    traces = os.path.join(beside, "traces")
    for name in (traces, os.path.join(beside, "elsewhere")):
        shutil.rmtree(name, ignore_errors=True)
    os.makedirs(traces)
    elsewhere = repository(os.path.join(beside, "elsewhere"), create=True)
    tip = commit(elsewhere, "default", {"secret.txt": "of nobody's business\n"})
    by_hgrc(elsewhere.root, os.path.join(traces, "hg-elsewhere"))
    hg = lambda number: repository(os.path.join(folder, "hg%d" % number))
    branches(hg(1), os.fsdecode(elsewhere.root))
    by_hgrc(hg(1).root, os.path.join(traces, "hg-inside"))
    commit(hg(3), "default", {"secret.txt": "of nobody's business\n"})
    subrepositories(hg(2), os.fsdecode(elsewhere.root), tip, hg(3)[b"tip"].hex().decode())
    if "--without-git" not in sys.argv:
        git(os.path.join(folder, "git1"), traces)


def repository(path, create=False):
    ui = mercurial.ui.ui()
    ui.setconfig(b"phases", b"checksubrepos", b"ignore")
    return mercurial.hg.repository(ui, os.fsencode(path), create=create)


def commit(repo, branch, files):
    """Commit a change with only these files, without a working folder."""

    def data(repo, context, path):
        return mercurial.context.memfilectx(repo, context, path, files[path.decode()].encode())

    names = [name.encode() for name in files]
    parents = [repo[b"tip"].node(), None]
    context = mercurial.context.memctx(
        repo, parents, b"a change on " + branch.encode(), names, data, b"somebody", b"0 0", {b"branch": branch.encode()}
    )
    with repo.lock():
        return mercurial.node.hex(repo.commitctx(context)).decode()


def by_hgrc(root, trace):
    """Write a file of the repository that names an extension, which leaves a trace."""
    extension = os.fsdecode(root) + ".extension.py"
    with open(extension, "w") as file:
        file.write(EXTENSION % trace)
    with open(os.path.join(os.fsdecode(root), ".hg", "hgrc"), "w") as file:
        file.write("[extensions]\n%s = %s\n" % (os.path.basename(trace), extension))


def branches(repo, elsewhere):
    for number, name in enumerate(["default", EVIL % elsewhere, 'a "quoted" name', "re:^(.|a|aa)+$", "a" * 40]):
        commit(repo, name, {"file%d.txt" % number: name})


def subrepositories(repo, elsewhere, tip, other):
    commit(repo, "default", {
        "readme.txt": "before\n",
        ".hglf/large.bin": "../../../../my.ini\n",
        ".hgsub": "inside = %s\nother = ../hg3\nslow = %s!\n[subpaths]\n(.|a|aa)+$ = x\n" % (elsewhere, "a" * 40),
        ".hgsubstate": "%s inside\n%s other\n%s slow\n" % (tip, other, tip),
    })


def git(path, traces):
    """Create branches and files whose names and attributes Git would follow."""
    work = path + ".work"
    shutil.rmtree(work, ignore_errors=True)
    run = lambda *words: subprocess.run(["git", *words], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
    run("init", "--quiet", "--initial-branch=master", work)
    inside = lambda *words: run("-C", work, "-c", "user.name=a", "-c", "user.email=a@example.com", *words)
    with open(os.path.join(work, ".gitattributes"), "w") as file:
        file.write("*.bin filter=planted diff=planted\n")
    for text in ("one\n", "two\n"):
        with open(os.path.join(work, "file.bin"), "w") as file:
            file.write(text)
        inside("add", ".")
        inside("commit", "--quiet", "-m", "a change on master")
    inside("push", "--quiet", path, "HEAD:refs/heads/master")
    run("-C", path, "symbolic-ref", "HEAD", "refs/heads/master")
    run("-C", path, "update-ref", "refs/heads/--output=%s" % os.path.join(traces, "git-output"), "HEAD")
    # In a bare repository, Git reads the attributes from its files only for an archive; Git for Windows has some for all.
    with open(os.path.join(path, "info", "attributes"), "w") as file:
        file.write("*.bin diff=planted\n")
    for key, name in (("filter.planted.smudge", "filter"), ("diff.planted.textconv", "textconv"), ("diff.planted.command", "command")):
        run("-C", path, "config", key, "touch '%s'; cat" % os.path.join(traces, "git-" + name))
    shutil.rmtree(work)


main()
