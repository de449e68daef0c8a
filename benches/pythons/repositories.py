"""Makes the repositories that the Pythons are compared on: repositories.py FOLDER

FOLDER/served/big has 10,000 changesets of 5,000 files, and is what Kallithea serves. FOLDER/ahead has 100 more, to be pushed.
FOLDER/behind has 100 less, to be pulled. The same bytes come out every time.
"""
import os
import sys

SERVED = 10000
STEP = 100
FILES = 5000
LINES = 40
# This file has 1,000 revisions in the served repository.
ANNOTATED = "annotated.py"
ANNOTATED_LINES = 200


def main(folder):
    import mercurial.hg
    import mercurial.initialization
    import mercurial.ui

    mercurial.initialization.init()
    ui = mercurial.ui.ui.load()
    ui.setconfig(b"ui", b"quiet", b"yes")
    # A Mercurial without C code reads no other.
    ui.setconfig(b"format", b"revlog-compression", b"zlib")
    folder = os.fsencode(folder)
    ahead = mercurial.hg.repository(ui, os.path.join(folder, b"ahead"), create=True)
    fill(ahead, SERVED + STEP)
    os.mkdir(os.path.join(folder, b"served"))
    for name, count in ((b"served/big", SERVED), (b"behind", SERVED - STEP)):
        node = ahead[count - 1].hex()
        mercurial.hg.clone(
            ui, {}, ahead.root, dest=os.path.join(folder, name), revs=[node], update=False, pull=True
        )


def fill(repository, count):
    """All changesets in one transaction, without a working folder."""
    from mercurial import context, phases

    contents = {name(number): lines(number, LINES) for number in range(FILES)}
    contents[ANNOTATED] = lines(FILES, ANNOTATED_LINES)
    with repository.lock(), repository.transaction(b"fill") as transaction:
        node = repository.nodeconstants.nullid
        for revision in range(count):
            changed = list(contents) if revision == 0 else touched(revision)
            for file in changed:
                content = contents[file]
                content[revision // 10 * 37 % len(content)] = "value = %d\n" % revision
            node = repository.commitctx(context.memctx(
                repository, (node, None), b"Change %d files, for the time %d" % (len(changed), revision),
                [os.fsencode(file) for file in changed],
                lambda repository, commit, path: context.memfilectx(
                    repository, commit, path, "".join(contents[os.fsdecode(path)]).encode()
                ),
                user=b"User %d <user%d@example.com>" % (revision % 20, revision % 20),
                date=b"%d 0" % (1000000000 + revision * 3600),
            ))
        phases.advanceboundary(repository, transaction, phases.public, [node])


def name(number):
    return "folder%d/file%d.py" % (number % 50, number)


def lines(number, count):
    return ["line_%d = %d\n" % (line, number * 1000 + line) for line in range(count)]


def touched(revision):
    """Fifty files every hundredth time, three otherwise; the one with many revisions every tenth time."""
    count = 50 if revision % 100 == 0 else 3
    files = [name((revision * 61 + step * 97) % FILES) for step in range(count)]
    return files + [ANNOTATED] if revision % 10 == 0 else files


if __name__ == "__main__":
    main(*sys.argv[1:])
