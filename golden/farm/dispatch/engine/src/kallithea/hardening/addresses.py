"""Hides passwords in the addresses that Kallithea 0.7.0 shows, names the right host in mails, and clones only from other machines.

GUARDS lists the functions that these wrap. docs/hardening.md has the reasons.
"""
import contextlib
import ipaddress
import json
import re
import socket
import threading
import urllib.parse
import urllib.request

from kallithea_bridge_guards import Guard

# The key of the ini file that allows clones from this machine (kallithea.clonedFrom in the spec).
ALLOWED = "kallithea_iisc.clones_from_this_machine"

# The authorities in which git, curl and Python find the same host.
AUTHORITY = re.compile(r"([^@]*@)?[\w.~%:\[\]-]*", re.ASCII)

# Addresses besides the link-local ones at which clouds tell a machine its secrets.
OF_CLOUDS = frozenset(
    map(
        ipaddress.ip_address,
        (
            # Amazon: docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
            "fd00:ec2::254",
            # Amazon, for containers: docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
            "fd00:ec2::23",
            # Google: its pages name only metadata.google.internal; other lists have the address
            "fd20:ce::254",
            # Microsoft: learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
            "168.63.129.16",
            # Alibaba: www.alibabacloud.com/help/doc-detail/141788.htm
            "100.100.100.200",
            # Oracle: docs.oracle.com/en/cloud/cloud-at-customer/occ-get-started/retrieve-predefined-instance-metadata.html
            "192.0.0.192",
        ),
    )
)

# IPv6 networks whose addresses end in an IPv4 address: translated by a gateway (RFC 6052), and the older form (RFC 4291).
WITH_ANOTHER = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::/96")))

# Whether this thread fetches an address of a user, and so may only connect to other machines.
_thread = threading.local()


def hidden_in(address):
    """Return the address of a remote repository without its password, as Kallithea's own pages show it."""
    return re.sub("//([^/@]*?):[^/@]*@", r"//\1:*****@", address) if address else address


def without_passwords_of_others(collect):
    """Remove the passwords of remote repositories from the list that the repository switcher shows."""

    def repo_switcher_data(self):
        answer = json.loads(collect(self))
        for group in answer["results"]:
            for child in group["children"]:
                if child["obj"].get("clone_uri"):
                    child["obj"]["clone_uri"] = hidden_in(child["obj"]["clone_uri"])
        return json.dumps(answer).encode("ascii")

    return repo_switcher_data


def without_password(collect):
    """Remove the password of the remote repository from what the API tells about a repository."""

    def get_api_data(self, *arguments, **options):
        data = collect(self, *arguments, **options)
        return dict(data, clone_uri=hidden_in(data["clone_uri"]))

    return get_api_data


def of_this_site(make):
    """Make the addresses that Kallithea writes into pages and mails safe.

    They do not contain the user's API key, because servers log addresses and the key is as good as a password. The link
    that resets a password has the host of the deployment, never that of the request. If the deployment names no host, the
    link has none.
    """

    def call(self, *arguments, **options):
        options.pop("api_key", None)
        if arguments[:1] == ("reset_password_confirmation",) and options.pop("qualified", False):
            import kallithea
            from kallithea.lib import webutils

            if "://" in (kallithea.CONFIG.get("canonical_url") or ""):
                return webutils.canonical_url(*arguments, **options)
        return make(self, *arguments, **options)

    return call


def is_of_this_machine(address):
    """Whether a numeric address leads to this machine, or only to its own network segment."""
    return any(map(is_here, meant_by(ipaddress.ip_address(address.partition("%")[0]))))


def meant_by(address):
    """Return an address, and the IPv4 address that it may contain."""
    another = None
    if address.version == 6:
        another = address.ipv4_mapped or address.sixtofour
        if any(address in network for network in WITH_ANOTHER):
            another = ipaddress.IPv4Address(address.packed[-4:])
    return [address] if another is None else [address, another]


def is_here(address):
    is_near = address.is_loopback or address.is_link_local or address.is_unspecified
    return is_near or address in OF_CLOUDS or is_ours(address)


def is_ours(address):
    """Whether this machine has an address. Only such an address can be bound; Wine checks that for TCP only."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as bound:
            bound.bind((str(address), 0))
    except OSError:
        return False
    return True


def is_proxy(host):
    """Whether a host is a proxy in the server's own settings."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return any(urllib.parse.urlsplit(proxy).hostname == name for proxy in urllib.request.getproxies().values())


def of_other_machines(resolve):
    """Refuse addresses of this machine to a thread that fetches an address of a user, at each lookup."""

    def getaddrinfo(host, *arguments, **options):
        found = resolve(host, *arguments, **options)
        if getattr(_thread, "is_outward", False) and any(is_of_this_machine(entry[4][0]) for entry in found):
            if not is_proxy(host):
                raise socket.gaierror(socket.EAI_NONAME, "it belongs to this machine")
        return found

    return getaddrinfo


@contextlib.contextmanager
def outward(address):
    """A context in which this thread fetches from an address of a user."""
    import kallithea
    from kallithea.lib.utils2 import asbool

    is_outward = "://" in (address or "") and not asbool(kallithea.CONFIG.get(ALLOWED) or False)
    if is_outward:
        refuse_this_machine(address)
    before = getattr(_thread, "is_outward", False)
    _thread.is_outward = is_outward
    try:
        yield
    finally:
        _thread.is_outward = before


def refuse_this_machine(address):
    """Refuse an address of this machine before a program starts that looks up the host itself, such as git or ssh."""
    from kallithea.lib.exceptions import InvalidCloneUriException

    parts = urllib.parse.urlsplit(address)
    found = []
    if parts.hostname:
        # A proxy may know a host that this machine does not know.
        with contextlib.suppress(socket.gaierror, UnicodeError):
            found = socket.getaddrinfo(parts.hostname, None)
    is_plain = AUTHORITY.fullmatch(parts.netloc) and not re.search("[\\x00- \\x7f]", address)
    if not is_plain or any(is_of_this_machine(entry[4][0]) for entry in found):
        print("refused to fetch a repository from this machine itself; %s allows it" % ALLOWED)
        raise InvalidCloneUriException("The address %r belongs to this machine, or its host name is not plain." % hidden_in(address))


def from_elsewhere(check):
    """Check that an address is on another machine before Kallithea tests it for a clone."""

    def is_valid_repo_uri(repo_type, url, ui):
        with outward(url):
            return check(repo_type, url, ui)

    return is_valid_repo_uri


def cloned_from_elsewhere(create):
    """Clone a new repository only from another machine. A fork is cloned from a folder."""

    def create_filesystem_repo(self, *arguments, **options):
        with outward(options.get("clone_uri") or (arguments[3:4] or [None])[0]):
            return create(self, *arguments, **options)

    return create_filesystem_repo


def fetched_from_elsewhere(fetch):
    """Fetch only from another machine. The address may have been stored before this guard existed."""

    def call(self, url):
        with outward(url):
            return fetch(self, url)

    return call


GUARDS = (
    Guard(
        "kallithea.controllers.home",
        "HomeController.repo_switcher_data",
        without_passwords_of_others,
        "Kallithea 0.7.0",
        "a user who may read a repository would learn the password by which it was cloned from elsewhere",
    ),
    Guard(
        "kallithea.model.db",
        "Repository.get_api_data",
        without_password,
        "Kallithea 0.7.0",
        "a program of such a user would learn the same",
    ),
    Guard(
        "kallithea.lib.webutils",
        "UrlGenerator.__call__",
        of_this_site,
        "Kallithea 0.7.0",
        "keys of users would be in the logs of servers, and a mail that resets a password would lead to any host that a stranger names",
    ),
    Guard(
        "socket",
        "getaddrinfo",
        of_other_machines,
        "Python 3.9 to 3.14",
        "a name that means another machine when it is checked, and this one when it is used, would lead a clone here",
    ),
    Guard(
        "kallithea.model.validators",
        "is_valid_repo_uri",
        from_elsewhere,
        "Kallithea 0.7.0",
        "a user who may create a repository could ask what this machine serves to itself alone",
    ),
    Guard(
        "kallithea.model.repo",
        "is_valid_repo_uri",
        from_elsewhere,
        "Kallithea 0.7.0",
        "a program could do the same",
    ),
    Guard(
        "kallithea.model.repo",
        "RepoModel._create_filesystem_repo",
        cloned_from_elsewhere,
        "Kallithea 0.7.0",
        "a server could send the clone on to this machine",
    ),
    Guard(
        "kallithea.lib.vcs.backends.hg.repository",
        "MercurialRepository.pull",
        fetched_from_elsewhere,
        "Kallithea 0.7.0",
        "what is fetched later could come from this machine",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.repository",
        "GitRepository.fetch",
        fetched_from_elsewhere,
        "Kallithea 0.7.0",
        "the same could happen with git",
    ),
)
