"""Keeps secrets out of the addresses that Kallithea 0.7.0 shows, names this site in its mails, and lets it fetch from elsewhere alone.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
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

# What kallithea/settings.json and the ini file of the deployment say of clones from this machine: an ini key.
ALLOWED = "kallithea_iisc.clones_from_this_machine"

# What the authority of an address may hold, so that git, curl and Python find the same host in it.
AUTHORITY = re.compile(r"([^@]*@)?[\w.~%:\[\]-]*", re.ASCII)

# Where clouds tell a machine its secrets, besides at link-local addresses.
OF_CLOUDS = frozenset(
    map(
        ipaddress.ip_address,
        (
            # Amazon: docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
            "fd00:ec2::254",
            # Amazon, for containers: docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
            "fd00:ec2::23",
            # Google: its pages name metadata.google.internal alone, lists of others have the address
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

# Addresses of IPv6 that end in one of IPv4: as a gateway translates them (RFC 6052), and as they were once meant (RFC 4291).
WITH_ANOTHER = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::/96")))

# On a thread that fetches what a user has named: whether it may only go to other machines.
_thread = threading.local()


def hidden_in(address):
    """An address of a repository elsewhere without the password in it, as Kallithea's own pages show it."""
    return re.sub("//([^/@]*?):[^/@]*@", r"//\1:*****@", address) if address else address


def without_passwords_of_others(collect):
    """The list of repositories from which a page chooses, without the passwords by which some are cloned."""

    def repo_switcher_data(self):
        answer = json.loads(collect(self))
        for group in answer["results"]:
            for child in group["children"]:
                if child["obj"].get("clone_uri"):
                    child["obj"]["clone_uri"] = hidden_in(child["obj"]["clone_uri"])
        return json.dumps(answer).encode("ascii")

    return repo_switcher_data


def without_password(collect):
    """The same of what a program is told of a repository."""

    def get_api_data(self, *arguments, **options):
        data = collect(self, *arguments, **options)
        return dict(data, clone_uri=hidden_in(data["clone_uri"]))

    return get_api_data


def of_this_site(make):
    """Addresses that Kallithea writes into pages and mails.

    None has the key that is as good as a password: servers keep addresses in logs. That by which a password is reset is at the
    host that the deployment names, and never at one that the request names; where it names none, it is without a host.
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
    """Whether an address, in figures, is one that a machine has for itself, or for its own piece of network alone."""
    return any(map(is_here, meant_by(ipaddress.ip_address(address.partition("%")[0]))))


def meant_by(address):
    """An address, and that of IPv4 which it may stand for."""
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
    """Whether this machine has an address: to be bound to, it must have it; Wine asks that of TCP alone. No firewall stands between a machine and itself."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as bound:
            bound.bind((str(address), 0))
    except OSError:
        return False
    return True


def is_proxy(host):
    """Whether a host is what the server's own settings let requests go through."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return any(urllib.parse.urlsplit(proxy).hostname == name for proxy in urllib.request.getproxies().values())


def of_other_machines(resolve):
    """Addresses of hosts; on a thread that fetches what a user has named, none of this machine, however often it asks."""

    def getaddrinfo(host, *arguments, **options):
        found = resolve(host, *arguments, **options)
        if getattr(_thread, "is_outward", False) and any(is_of_this_machine(entry[4][0]) for entry in found):
            if not is_proxy(host):
                raise socket.gaierror(socket.EAI_NONAME, "it belongs to this machine")
        return found

    return getaddrinfo


@contextlib.contextmanager
def outward(address):
    """Time in which this thread fetches from an address that a user has named."""
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
    """What is no Python, git and ssh, find the host by themselves: for them it is looked at before they start."""
    from kallithea.lib.exceptions import InvalidCloneUriException

    parts = urllib.parse.urlsplit(address)
    found = []
    if parts.hostname:
        # A host that nobody here knows may be known to a proxy.
        with contextlib.suppress(socket.gaierror, UnicodeError):
            found = socket.getaddrinfo(parts.hostname, None)
    is_plain = AUTHORITY.fullmatch(parts.netloc) and not re.search("[\\x00- \\x7f]", address)
    if not is_plain or any(is_of_this_machine(entry[4][0]) for entry in found):
        print("refused to fetch a repository from this machine itself; %s allows it" % ALLOWED)
        raise InvalidCloneUriException("The address %r belongs to this machine, or its host name is not plain." % hidden_in(address))


def from_elsewhere(check):
    """The look at an address before a repository is cloned from it."""

    def is_valid_repo_uri(repo_type, url, ui):
        with outward(url):
            return check(repo_type, url, ui)

    return is_valid_repo_uri


def cloned_from_elsewhere(create):
    """A new repository, and what it is cloned from. A fork's is a folder."""

    def create_filesystem_repo(self, *arguments, **options):
        with outward(options.get("clone_uri") or (arguments[3:4] or [None])[0]):
            return create(self, *arguments, **options)

    return create_filesystem_repo


def fetched_from_elsewhere(fetch):
    """What is fetched later, from an address that has been there perhaps for longer than these guards."""

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
