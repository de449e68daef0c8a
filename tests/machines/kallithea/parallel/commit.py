"""Commits the working folder of a Mercurial repository: commit.py FOLDER"""
import os
import sys

import mercurial.commands
import mercurial.hg
import mercurial.initialization
import mercurial.ui


def main():
    # Mercurial 7.2 asks for this before the first command.
    mercurial.initialization.init()
    ui = mercurial.ui.ui()
    ui.setconfig(b"ui", b"quiet", b"yes")
    repository = mercurial.hg.repository(ui, os.fsencode(sys.argv[1]))
    mercurial.commands.commit(ui, repository, addremove=True, message=b"files to look at", user=b"user1", date=b"0 0")


main()
