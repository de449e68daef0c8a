"""Hardens Kallithea 0.7.0, which has had no release since 2021, against hostile requests and repositories.

In: the WSGI application. Out: the application as the bridge calls it. Each module in the folder has one concern and a list
GUARDS, in which each guard says what it prevents. Absent: what several threads need (adjustments.py). docs/hardening.md has the
table of all guards, and what stays open.
"""
import kallithea_bridge_guards as guards
import kallithea_bridge_addresses as addresses
import kallithea_bridge_archives as archives
import kallithea_bridge_everybody as everybody
import kallithea_bridge_grants as grants
import kallithea_bridge_identity as identity
import kallithea_bridge_limits as limits
import kallithea_bridge_names as names
import kallithea_bridge_owners as owners
import kallithea_bridge_pages as pages
import kallithea_bridge_paths as paths
import kallithea_bridge_rendering as rendering
import kallithea_bridge_repositories as repositories
import kallithea_bridge_rights as rights

TREE = (identity, paths, rights, owners, grants, everybody, addresses, repositories, archives, names, pages, rendering, limits)


def hardened(application):
    """Put every guard in place, and return the application."""
    for module in TREE:
        guards.stand(module.GUARDS)
    return pages.with_policies(limits.bounded(application))
