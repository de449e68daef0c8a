"""Adds to the repositories of populate.py texts that others must not run: written.py INI URL

These are a README that reads files and requests the URL, texts that take long, pictures and pages with scripts, names and texts
that are scripts, and for each a harmless text of the same kind.
"""
import json
import os
import sys
import time

SCRIPT = '<img src=x onerror="stolen()">'
HARMLESS = "R&D"
# A browser's replace() puts the text before and after the match in place of these signs.
DOLLARS = "$` onfocus=stolen() $'"
# An expression whose time grows with the square or the cube of the text takes minutes for this many letters.
LONG = 100_000
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"><script>stolen()</script></svg>'
# The rows look for the first words of the ini file's first section, and for the content of the table.
README = """\
A project
=========

.. csv-table:: a table of its own
   :header: "letter", "number"

   "alpha", "1"

.. csv-table:: of a file
   :file: %(ini)s
   :encoding: utf-8

.. include:: %(ini)s
   :encoding: utf-8

.. raw:: html
   :file: %(ini)s

.. raw:: html

   <b>raw text</b>

.. role:: html(raw)
   :format: html

.. figure:: %(picture)s
   :scale: 50

A `link <https://example.com/>`_, a `script <javascript:stolen()>`_, and a role, :html:`<b>raw role</b>`.
"""
ASKING = """\
Somebody else's server
======================

.. csv-table:: of an address
   :url: %(url)s
   :encoding: utf-8

.. raw:: html
   :url: %(url)s
"""
MARKDOWN = """\
A project
---------

[a link](https://example.com/), [a script](javascript:stolen()), <a href="JaVa&#9;Script:stolen()">another</a>

<script>stolen()</script> <img src="x" onerror="stolen()"> <svg onload="stolen()"></svg> <iframe src="/"></iframe>
<form action="https://other.example"><input name="password"></form> <b style="position: fixed; color: red">bold</b>
"""


def main():
    ini, url = sys.argv[1:]
    ini = os.path.abspath(ini)
    folder = os.path.abspath("repositories")
    readme = README % {"ini": ini, "picture": ini}
    commit(folder, "hg1", {"README.rst": readme, "picture.svg": PICTURE, "page.html": PICTURE, "notes.txt": "notes\n"})
    commit(folder, "hg1", {SCRIPT.replace("/", "") + ".txt": "a name\n", HARMLESS + ".txt": "a name\n"}, message=SCRIPT + DOLLARS)
    commit(folder, "hg3", {"README.rst": ASKING % {"url": url}}, message="[see =>%s!" % (" " * LONG))
    commit(folder, "hg4", {"README.md": "`" * 5000}, author="a" * LONG)
    commit(folder, "hg2", {"README.md": MARKDOWN, ".hgsub": SUBREPOSITORIES, ".hgsubstate": STATE})
    load(ini)
    record()


LINKS = {
    "script": "javascript:stolen()",
    "capitals": "JavaScript://%0astolen()",
    "data": "data:text/html,<script>stolen()</script>",
    "place": "https://example.com/library",
    "relative": "../hg1",
}
SUBREPOSITORIES = "".join("%s = %s\n" % link for link in LINKS.items())
STATE = "".join("%s %s\n" % ("1" * 40, name) for name in sorted(LINKS))


def commit(folder, name, files, author=SCRIPT + " <somebody@example.com>", message=SCRIPT):
    """A change in a repository that has no working directory, and so may have files that this system cannot have."""
    import mercurial.context
    import mercurial.hg
    import mercurial.initialization
    import mercurial.ui

    # Mercurial 7.2 asks for this before the first extension.
    mercurial.initialization.init()

    repository = mercurial.hg.repository(mercurial.ui.ui(), os.fsencode(os.path.join(folder, name)))
    contents = {os.fsencode(path): text if isinstance(text, bytes) else text.encode() for path, text in files.items()}

    def file(repository, context, path):
        return mercurial.context.memfilectx(repository, context, path, contents[path])

    parents = (repository[b"tip"].node(), repository.nullid if hasattr(repository, "nullid") else b"\0" * 20)
    texts = {"text": message.encode(), "user": author.encode()}
    change = mercurial.context.memctx(repository, parents, files=sorted(contents), filectxfn=file, **texts)
    with repository.lock():
        repository.commitctx(change)


def load(ini):
    from paste.deploy import loadapp

    sys.argv = [sys.argv[0]]
    loadapp("config:" + ini)


def record():
    """Write the entries of the database."""
    from kallithea.model import db, meta

    session = meta.Session()
    hg1 = db.Repository.get_by_repo_name("hg1")
    hg2 = db.Repository.get_by_repo_name("hg2")
    user = db.User.get_by_username("user1")
    for name in ("hg1", "hg2", "hg3"):
        db.Repository.get_by_repo_name(name).update_changeset_cache()
    hg1.description = SCRIPT
    hg2.description = HARMLESS
    noted(user, hg1, "push:tag=>%s,delete_branch=>%s" % (SCRIPT, HARMLESS))
    noted(user, hg1, "push:%s,%s,%s,%s,%s" % ((SCRIPT,) + ("a" * 40,) * 4))
    noted(user, hg1, "user_downloaded_archive:%s" % SCRIPT)
    noted(user, hg1, "push:%s" % tip(hg1))
    # Kallithea's own parser does not expect a second colon.
    noted(user, hg2, "user_downloaded_archive:%s:%s" % (SCRIPT, HARMLESS))
    for name, repository in (("user2", hg1), ("user3", hg2)):
        following = db.UserFollowing()
        following.user, following.follows_repository = db.User.get_by_username(name), repository
        session.add(following)
    named = db.User.get_by_username("user4")
    named.name, named.lastname = "${lname}", SCRIPT
    hg1.enable_statistics = True
    authors = {name: curve(name) for name in (SCRIPT, HARMLESS)}
    statistics = db.Statistics()
    statistics.repository, statistics.stat_on_revision = hg1, hg1.scm_instance.count() - 1
    statistics.commit_activity = json.dumps(authors).encode()
    statistics.commit_activity_combined = json.dumps([[int(time.time()), 2]]).encode()
    statistics.languages = json.dumps({"rst": 1}).encode()
    session.add(statistics)
    comments = [("notes.txt", "n1"), (SCRIPT, "n1"), ("notes.txt", "n1,[x='<img>']")]
    for f_path, line in comments:
        comment = db.ChangesetComment()
        comment.repo, comment.author, comment.revision = hg1, user, tip(hg1)
        comment.text, comment.f_path, comment.line_no = "a comment", f_path, line
        session.add(comment)
    session.commit()
    print(json.dumps({"tip": tip(hg1)}))


def noted(user, repository, action):
    """Add an entry to the journal."""
    import datetime

    from kallithea.model import db, meta

    entry = db.UserLog()
    entry.user, entry.username, entry.user_ip = user, user.username, "192.0.2.1"
    entry.repository, entry.repository_name = repository, repository.repo_name
    entry.action, entry.action_date = action, datetime.datetime.now()
    meta.Session().add(entry)


def tip(repository):
    return repository.scm_instance.get_changeset().raw_id


def curve(name):
    day = {"time": int(time.time()), "commits": 1, "added": 1, "changed": 0, "removed": 0}
    return {"label": name, "data": [day], "schema": ["commits"]}


main()
