"""Lets everybody push to the repository `big` of a Kallithea without signing in: grant.py INI"""
import os
import sys


def main(ini):
    from paste.deploy import loadapp

    loadapp("config:" + os.path.abspath(ini))
    from kallithea.model import meta
    from kallithea.model.repo import RepoModel

    RepoModel().grant_user_permission("big", "default", "repository.write")
    meta.Session().commit()


main(*sys.argv[1:])
