"""Keeps requests inside their folders, where Kallithea 0.7.0 and its libraries join a request's text to a folder.

GUARDS lists the functions that these wrap. On Windows a name can also mean a drive, a share, a stream of a file, a device, or an
existing file in another spelling. docs/paths.md lists all such places, and what protects each.
"""
import os
import re

from kallithea_bridge_guards import Guard

# Names of devices, which Windows reserves in every folder, whatever follows after a dot (Microsoft's page "Naming Files, Paths, and
# Namespaces"). It reads superscripts as digits.
DEVICE = re.compile("(con|prn|aux|nul|conin[$]|conout[$]|(com|lpt)[0-9\xb9\xb2\xb3]) *([.:]|$)", re.IGNORECASE)

# Characters that no file name on Windows contains: separators, the colon of drives and streams, patterns, control characters.
ODD = re.compile(r'[\\:*?"<>|\x00-\x1f]')

# Folders that belong to a repository itself, with their short names on Windows.
OF_REPOSITORIES = (".git", ".hg", "git~1", "hg~1")

# The name of a large file of Mercurial: its SHA-1 hash.
HASH = re.compile(rb"[0-9a-fA-F]{40}")


def is_plain(name):
    """Whether a segment of a path names one file on Windows, in the spelling in which it is stored."""
    return not (ODD.search(name) or DEVICE.match(name) or name in (".", "..") or name != name.rstrip(". "))


def is_plain_below(path):
    """Whether every segment of a path with slashes is plain, so that the path stays below its folder."""
    return not path.startswith("/") and all(map(is_plain, path.split("/")))


def as_text(name):
    """Decode a text of PEP 3333, which has one letter for each byte, as UTF-8."""
    return name.encode("latin-1", "replace").decode("utf-8", "replace")


def is_inside(path, folder):
    """Whether a joined path is still below its folder."""
    return os.path.normcase(os.path.normpath(path)).startswith(os.path.normcase(os.path.normpath(folder)) + os.sep)


def of_the_document_root(serve):
    """Serve static files only under plain names. The application answers all other names."""

    def call(self, environ, start_response):
        segments = environ["PATH_INFO"].split("/")[1:]
        is_named = all(is_plain(name) and is_plain(as_text(name)) for name in segments)
        if is_named and is_inside(os.path.join(self.doc_root, *segments, ""), self.doc_root):
            return serve(self, environ, start_response)
        return self.app(environ, start_response)

    return call


def of_a_plain_name(is_there):
    """Look for repositories and groups only under plain names. Kallithea looks before it authorises the user."""

    def call(name, *arguments, **options):
        return is_plain_below(name) and is_there(name, *arguments, **options)

    return call


def of_plain_parts(is_safe):
    """Serve Mercurial's own static files only under plain names. Mercurial checks only for separators and dots."""

    def call(path):
        return is_plain_below(os.fsdecode(path)) and is_safe(path)

    return call


def of_plain_styles(find):
    """Use Mercurial's styles only under plain names."""

    def call(styles, *arguments, **options):
        return find([style for style in styles if not style or is_plain(os.fsdecode(style))], *arguments, **options)

    return call


def of_a_hash(place):
    """Look for large files only by a hash. The name comes from a request or from a pushed file."""

    def call(owner, name, *arguments, **options):
        # An empty name means the folder.
        if name and not HASH.fullmatch(name):
            from mercurial.hgweb.common import ErrorResponse

            raise ErrorResponse(400, b"this is not a large file's hash")
        return place(owner, name, *arguments, **options)

    return call


def of_files_for_clients(commit):
    """Add only files that clients can create. Git's trees end a name with a zero byte, and clients do not write into a folder
    that belongs to the repository itself."""

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


# Without these, a name with a special meaning on Windows could lead to any file.
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
        "mercurial.hgweb.hgweb_mod_inner",
        "_stylemap",
        of_plain_styles,
        "Mercurial 7.2",
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
