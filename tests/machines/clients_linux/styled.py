"""Checks what users see of Kallithea's style sheets and scripts on a page in the browser.

In: a Browser. Out: nothing, or an exception that names what is missing. Absent: the browser, and how it comes to the page.
"""

GREEN = "rgb(87, 118, 50)"  # of Kallithea's menu
ADDED = "rgb(221, 255, 221)"  # after an added line
TYPES = {"Stylesheet": ["text/css"], "Script": ["text/javascript", "application/javascript"]}

# These may be missing. Browsers request a manifest without credentials, which is refused if strangers see nothing. The
# font that Kallithea omits from its style sheet has the name "none". Pictures of people come from another site.
EXPECTED = ["/images/manifest.json", "/css/none.", "gravatar.com/avatar/"]

# Every style sheet and script that the page names, and whether the browser has loaded anything from it.
NAMED = """
return [...document.styleSheets].filter(sheet => sheet.href).map(sheet => [sheet.href, sheet.cssRules.length > 0]).concat(
    [...document.querySelectorAll("script[src]")].map(script => [script.src, true]))"""


def page(browser):
    """The page has its styles, its scripts ran, every file that it requested exists, and the browser reports no error."""
    browser.until("return document.readyState === 'complete' && document.fonts.status === 'loaded'")
    for event in browser.log("performance"):
        arrived(browser, event)
    named = dict(browser.run(NAMED))
    assert any("/css/style.css" in url for url in named), named
    assert any("/js/base.js" in url for url in named), named
    for url, taken in named.items():
        assert taken and url in browser.arrived, "%s did not come, or has nothing in it" % url
    assert browser.style("nav.mainmenu", "backgroundColor") == GREEN, "the menu is Kallithea's green"
    assert browser.style("body", "fontFamily").startswith('"Helvetica Neue"'), "and the letters are not the browser's"
    assert browser.run("return document.fonts.check('14px kallithea', '\\ue800')"), "the icons' font is there"
    for name in ["DataTable", "select2", "tooltip", "atwho", "caret"]:
        assert browser.run("return typeof jQuery.fn[arguments[0]]", name) == "function", "no script brought %s" % name
    for entry in browser.log("browser"):
        assert entry["level"] != "SEVERE" or expected(entry["message"]), entry


def arrived(browser, event):
    """Keep a response without errors for later; raise an exception for any other."""
    method, what = event["method"], event["params"]
    if method == "Network.requestWillBeSent":
        browser.asked[what["requestId"]] = what["request"]["url"]
    elif method == "Network.responseReceived" and not expected(what["response"]["url"]):
        response = what["response"]
        said = "%s: %s %s" % (response["url"], response["status"], response["mimeType"])
        assert response["status"] in (200, 304), said
        assert response["mimeType"] in TYPES.get(what["type"], [response["mimeType"]]), said
        browser.arrived.add(response["url"])
    elif method == "Network.loadingFailed":
        url = browser.asked.get(what["requestId"], "")
        assert what.get("canceled") or expected(url), (url, what)


def expected(text):
    return any(part in text for part in EXPECTED)


def repository_list(browser, repository):
    """A table that is filtered while the user types."""
    assert repository in browser.text("#repos_list_wrap tbody"), browser.text("#repos_list_wrap")
    assert "Showing 1 to " in browser.text(".dataTables_info")
    browser.type(".dataTables_filter input", "no such repository")
    assert "No matching records found" in browser.text("#repos_list_wrap .dataTables_empty")


def file_view(browser):
    """The keywords of Python have colours."""
    text = browser.style(".code-highlight pre", "color")
    assert browser.style(".code-highlight .nb", "color") not in ("", text), "print is highlighted"


def difference(browser):
    """An added line has a colour of its own, and a font with a fixed width."""
    assert browser.style(".code-difftable tr.line.add", "backgroundColor") == ADDED
    assert "monospace" in browser.style(".code-difftable pre", "fontFamily")


def editor(browser):
    """CodeMirror runs, with the mode for Python, which it loads on its own."""
    browser.until("return document.querySelector('.CodeMirror .cm-builtin') !== null")
    assert browser.text(".CodeMirror-linenumber") == "1"
    letters = browser.style(".CodeMirror-line", "color")
    assert browser.style(".CodeMirror .cm-builtin", "color") not in ("", letters), "print is highlighted"


def graph(browser):
    """The page draws the graph of the commits."""
    painted = """
        const canvas = document.querySelector("#graph_canvas");
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(byte => byte !== 0)"""
    browser.until(painted)


def lists(browser, selector):
    """A list that can be searched replaces the browser's own."""
    assert browser.text(".select2-container%s .select2-chosen" % selector.replace("#", "#s2id_")), selector
