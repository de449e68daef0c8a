"""Creates bundles as Mercurial clients would push them: bundles.py FOLDER USERS

Prints a JSON list. It has for each user the name, the hash of a change by that user, and the change as a bundle in base64.
"""
import base64
import json
import os
import shutil
import sys

import mercurial.commands
import mercurial.hg
import mercurial.initialization
import mercurial.ui


def main():
    folder, users = sys.argv[1], int(sys.argv[2])
    # Mercurial 7.2 asks for this before the first command.
    mercurial.initialization.init()
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    print(json.dumps([bundle(os.path.join(folder, name), name) for name in ("user%d" % n for n in range(1, users + 1))]))


def bundle(folder, name):
    ui = mercurial.ui.ui()
    ui.setconfig(b"ui", b"quiet", b"yes")
    repository = mercurial.hg.repository(ui, os.fsencode(folder), create=True)
    with open(os.path.join(folder, name), "w") as file:
        file.write("a file of %s\n" % name)
    mercurial.commands.commit(ui, repository, addremove=True, message=b"a change", user=name.encode(), date=b"0 0")
    place = os.path.join(folder, "bundle")
    mercurial.commands.bundle(ui, repository, os.fsencode(place), all=True, base=[], rev=[], type=b"none-v1")
    with open(place, "rb") as file:
        return [name, repository[b"tip"].hex().decode(), base64.b64encode(file.read()).decode()]


main()
