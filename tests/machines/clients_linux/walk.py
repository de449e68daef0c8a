"""Visits with Chromium a Kallithea to which the user is signed on: walk.py URL REPOSITORY FOLDER

The repository has the branches "feature" and "default", and a file greeting.py in both. Screenshots go to the folder. Prints the
text of each page, one JSON list of name and text in a line. Ends with an exception if something does not appear.
"""
import json
import sys

import styled
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
    styled.repository_list(browser, repository)
    browser.go(url + repository + "/files/tip/")
    browser.click('a[href$="/greeting.py"]')
    browser.wait_for("a beginning")
    show(browser, "file view")
    styled.file_view(browser)
    browser.click('a[href*="/%s/edit/"]' % repository)
    styled.editor(browser)
    show(browser, "file editor")
    browser.go(url + repository + "/changelog")
    styled.graph(browser)
    show(browser, "changelog")
    browser.click('a[href*="/%s/changeset/"]' % repository)
    browser.wait_for("a feature")
    show(browser, "commit")
    styled.difference(browser)
    browser.go(url + repository + "/pull-request/new?branch=feature")
    styled.lists(browser, "#other_ref")
    browser.choose("#other_ref", "branch:default:")
    browser.wait_for("a change")
    show(browser, "new pull request")
    browser.type("#pullrequest_title", "Please take this")
    browser.click("#save")
    browser.wait_for("Please take this")
    browser.wait_for("a feature")
    show(browser, "pull request")
    styled.difference(browser)


def show(browser, name):
    """The page shows this user's name, and its styles."""
    browser.screenshot(name.replace(" ", "-"))
    styled.page(browser)
    print(json.dumps([name, browser.text(".menu_link_user")]))


if __name__ == "__main__":
    main()
