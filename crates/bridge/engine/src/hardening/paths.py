"""Keeps requests to the folders that they are for, where Kallithea 0.7.0 and its libraries join a request's text to a folder.

GUARDS says around which functions these go. On Windows a name may be more than a name: a drive, a share, a stream of a file, a
device, or another spelling of a file that is there. Which places there are, and what protects each, stands in docs/paths.md.
"""
import os
import re

from kallithea_bridge_guards import Guard

# What Windows takes for a device in every folder, whatever follows behind a dot (Microsoft's page "Naming Files, Paths, and
# Namespaces"); the superscripts are digits to it.
DEVICE = re.compile("(con|prn|aux|nul|conin[$]|conout[$]|(com|lpt)[0-9\xb9\xb2\xb3]) *([.:]|$)", re.IGNORECASE)

# What no file's name on Windows has: a separator, a drive's or a stream's colon, patterns, control characters.
ODD = re.compile(r'[\\:*?"<>|\x00-\x1f]')

# Folders that are a repository's own, on Windows by their short names as well.
OF_REPOSITORIES = (".git", ".hg", "git~1", "hg~1")

# The name of a large file of Mercurial: a SHA-1.
HASH = re.compile(rb"[0-9a-fA-F]{40}")


def is_plain(name):
    """Whether a segment of a path names one thing on Windows, and names it as it is stored."""
    return not (ODD.search(name) or DEVICE.match(name) or name in (".", "..") or name != name.rstrip(". "))


def is_plain_below(path):
    """Whether a path with slashes stays below the folder that it is joined to, in every segment."""
    return not path.startswith("/") and all(map(is_plain, path.split("/")))


def as_text(name):
    """A text of PEP 3333, which has a letter for each byte, as its sender meant it."""
    return name.encode("latin-1", "replace").decode("utf-8", "replace")


def is_inside(path, folder):
    """Whether a path that was made of a folder and more is still below that folder."""
    return os.path.normcase(os.path.normpath(path)).startswith(os.path.normcase(os.path.normpath(folder)) + os.sep)


def of_the_document_root(serve):
    """Static files for plain names alone. What has another name is none, and the application says what it is instead."""

    def call(self, environ, start_response):
        segments = environ["PATH_INFO"].split("/")[1:]
        is_named = all(is_plain(name) and is_plain(as_text(name)) for name in segments)
        if is_named and is_inside(os.path.join(self.doc_root, *segments, ""), self.doc_root):
            return serve(self, environ, start_response)
        return self.app(environ, start_response)

    return call


def of_a_plain_name(is_there):
    """Repositories and groups for plain names alone. It is asked before anybody is authorised, and looks into the folder."""

    def call(name, *arguments, **options):
        return is_plain_below(name) and is_there(name, *arguments, **options)

    return call


def of_plain_parts(is_safe):
    """Mercurial's own static files, likewise: it looks for separators and dots only."""

    def call(path):
        return is_plain_below(os.fsdecode(path)) and is_safe(path)

    return call


def of_plain_styles(find):
    """Mercurial's styles, likewise."""

    def call(styles, *arguments, **options):
        return find([style for style in styles if not style or is_plain(os.fsdecode(style))], *arguments, **options)

    return call


def of_a_hash(place):
    """Large files by their hashes alone, which come from a request or out of a file that somebody has pushed."""

    def call(owner, name, *arguments, **options):
        # An empty name is the folder itself.
        if name and not HASH.fullmatch(name):
            from mercurial.hgweb.common import ErrorResponse

            raise ErrorResponse(400, b"this is not a large file's hash")
        return place(owner, name, *arguments, **options)

    return call


def of_files_for_clients(commit):
    """Files that a page adds, where clients can have them. Git's trees end a name with a zero, and clients write into no repository's
    own folder."""

    def call(self, user, ip_addr, repo, message, nodes, *arguments, **options):
        from kallithea.lib.exceptions import NonRelativePathError

        for name, data in nodes.items():
            if not is_for_clients(data.get("filename") or name):
                raise NonRelativePathError("%r is not a name that clients can give a file" % name)
        return commit(self, user, ip_addr, repo, message, nodes, *arguments, **options)

    return call


def is_for_clients(path):
    segments = re.split(r"[\\/]", path.lower())
    return not re.search("[\x00-\x1f\x7f]", path) and not any(name.rstrip(". ") in OF_REPOSITORIES for name in segments)


# A name that is more than a name to Windows would be a file of somebody else's.
GUARDS = (
    Guard(
        "tg.support.statics",
        "StaticsMiddleware.__call__",
        of_the_document_root,
        "TurboGears 2.4",
        "a path could name any file that the pool's account can read",
    ),
    Guard(
        "kallithea.controllers.base",
        "is_valid_repo",
        of_a_plain_name,
        "Kallithea 0.7.0",
        "the server would ask a stranger's share for a repository, before anybody has signed on",
    ),
    Guard(
        "kallithea.controllers.routing",
        "is_valid_repo",
        of_a_plain_name,
        "Kallithea 0.7.0",
        "a page's address could do the same",
    ),
    Guard(
        "kallithea.controllers.routing",
        "is_valid_repo_group",
        of_a_plain_name,
        "Kallithea 0.7.0",
        "the address of a group's page could do the same",
    ),
    Guard(
        "mercurial.hgweb.common",
        "ispathsafe",
        of_plain_parts,
        "Mercurial 5.8 to 7.2",
        "the address of one of Mercurial's own static files could name any file",
    ),
    Guard(
        "mercurial.hgweb.hgweb_mod",
        "_stylemap",
        of_plain_styles,
        "Mercurial 5.8 to 7.1",
        "the name of one of Mercurial's styles could name any file",
    ),
    Guard(
        "hgext.largefiles.lfutil",
        "storepath",
        of_a_hash,
        "Mercurial 5.8 to 7.2",
        "the hash of a large file could name any file",
    ),
    Guard(
        "hgext.largefiles.lfutil",
        "usercachepath",
        of_a_hash,
        "Mercurial 5.8 to 7.2",
        "the hash of a large file could name any file, by way of the cache",
    ),
    Guard(
        "kallithea.model.scm",
        "ScmModel.create_nodes",
        of_files_for_clients,
        "Kallithea 0.7.0",
        "a file that a page adds could break a branch of git for everybody, by its name",
    ),
    Guard(
        "kallithea.model.scm",
        "ScmModel.update_nodes",
        of_files_for_clients,
        "Kallithea 0.7.0",
        "a file in a gist could have such a name",
    ),
)
