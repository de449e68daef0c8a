"""Opens in Chromium what `written.py` has written: scripts.py URL FOLDER TIP

Text that runs as a script calls a function that does not exist, and the browser reports an error. Prints for each page a JSON list
of its name and "runs" or "runs nothing", one in a line. Ends with an exception if a page does not show what it must.
"""
import json
import sys
import time

from browser import Browser

CALLED = "stolen is not defined"


def main():
    url, folder, tip = sys.argv[1:]
    browser = Browser(folder)
    try:
        look(browser, url, tip)
    finally:
        browser.end()


def look(browser, url, tip):
    browser.go(url + "_admin/journal")
    browser.wait_for("Created tag")
    show(browser, "the journal")
    browser.go(url + "hg1/files/tip/")
    # A real click would follow the link's own address and reload the list.
    browser.run("$('#filter_activate').triggerHandler('click')")
    browser.until("return $('#node_filter').is(':visible')")
    browser.type("#node_filter", "txt")
    browser.until("return $('#tbody_filtered a').length > 0")
    show(browser, "a search for a file")
    browser.go(url + "hg1/changeset/" + tip)
    browser.wait_for("outside the diff context")
    show(browser, "a change with comments")
    browser.go(url + "hg1/statistics")
    show(browser, "statistics")
    browser.go(url + "hg1/pull-request/new")
    browser.run("$('#other_repo_desc').text(''); otherrepoChanged()")
    browser.until("return $('#other_repo_desc').html() !== ''")
    show(browser, "the form of a pull request")
    for name, page in (("a README in Markdown", "hg2"), ("a README", "hg1"), ("a list of changes", "hg1/changelog")):
        browser.go(url + page)
        show(browser, name)
    browser.go(url)
    browser.until("return document.querySelectorAll('#repos_list_wrap a').length > 0")
    show(browser, "the list of repositories")
    browser.go(url + "hg1/raw/tip/picture.svg")
    show(browser, "a picture that is a document")
    browser.go(url + "hg1/raw/tip/page.html")
    show(browser, "a page out of a repository")


def show(browser, name):
    """Whether a script was called, some time after the page is complete."""
    time.sleep(1)
    browser.screenshot(name.replace(" ", "-"))
    called = any(CALLED in entry["message"] for entry in browser.log("browser"))
    print(json.dumps([name, "runs" if called else "runs nothing"]))


if __name__ == "__main__":
    main()
