"""Lets Chromium walk a Kallithea that knows who sits before it: walk.py URL REPOSITORY FOLDER

The repository has a branch "feature" beside "default", and a file README in both. Screenshots go to the folder. Prints
what each page showed, one JSON list of name and text a line; ends with an exception where something does not appear.
"""
import json
import sys

from browser import Browser


def main():
    url, repository, folder = sys.argv[1:]
    browser = Browser(folder)
    try:
        walk(browser, url, repository)
    finally:
        browser.end()


def walk(browser, url, repository):
    browser.go(url)
    show(browser, "repository list")
    assert repository in browser.source(), "the first page names the repositories"
    browser.go(url + repository + "/files/tip/")
    browser.click('a[href$="/README"]')
    browser.wait_for("a beginning")
    show(browser, "file view")
    browser.go(url + repository + "/changelog")
    browser.click('a[href*="/%s/changeset/"]' % repository)
    browser.wait_for("a feature")
    show(browser, "commit")
    browser.go(url + repository + "/pull-request/new?branch=feature")
    show(browser, "new pull request")
    browser.choose("#other_ref", "branch:default:")
    browser.type("#pullrequest_title", "Please take this")
    browser.click("#save")
    browser.wait_for("Please take this")
    browser.wait_for("a feature")
    show(browser, "pull request")


def show(browser, name):
    """Whom the page greets."""
    browser.screenshot(name.replace(" ", "-"))
    print(json.dumps([name, browser.text(".menu_link_user")]))


if __name__ == "__main__":
    main()
