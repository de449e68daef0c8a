"""Lets Chromium sign on to a Kallithea, browse the repository "calculator" and download an archive of it:
browser.py URL USER PASSWORD FOLDER

Chromium is driven by chromedriver, in the protocol that W3C calls WebDriver. Screenshots and the archive go to the
folder. Ends with an exception if a page does not show what it must.
"""
import base64
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile

import styled

PATIENCE = 60  # seconds until something that must appear counts as missing
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's key of an element


def main():
    url, user, password, folder = sys.argv[1:]
    signed_on = url.replace("//", "//%s:%s@" % (urllib.parse.quote(user), urllib.parse.quote(password)))
    browser = Browser(folder)
    try:
        browse(browser, url, signed_on, user.split("\\")[-1])
        archive(browser, folder)
    finally:
        browser.end()
    print("all seen")


def browse(browser, url, signed_on, name):
    browser.go(url)
    browser.screenshot("refused")
    assert name not in browser.text("body"), "nobody has signed on yet"
    browser.forget()  # The browser reports the refusal as an error, but it is expected.
    browser.go(signed_on)
    assert browser.text(".menu_link_user") == name, browser.text("body")
    assert "calculator" in browser.source(), "the first page names the repositories"
    show(browser, "repositories")
    styled.repository_list(browser, "calculator")
    browser.go(url + "calculator/files/tip/")
    browser.click('a[href$="/add.py"]')
    browser.wait_for("print(1 + 2)")
    show(browser, "file")
    styled.file_view(browser)
    browser.go(url + "calculator")
    browser.click('a[href*="/calculator/changeset/"]')
    browser.wait_for("Add one and two")
    browser.wait_for("print(1 + 2)")
    show(browser, "commit")
    styled.difference(browser)


def show(browser, name):
    browser.screenshot(name)
    styled.page(browser)


def archive(browser, folder):
    """The archive from the repository's first page contains the committed files."""
    browser.click('a[href$="/calculator"]')
    browser.click('a[href*="/calculator/archive/"]')
    show(browser, "summary")
    end = time.monotonic() + PATIENCE
    while not (archives := [name for name in os.listdir(folder) if name.endswith(".zip")]):
        assert time.monotonic() < end, "no archive came: %s" % os.listdir(folder)
        time.sleep(0.1)
    with zipfile.ZipFile(os.path.join(folder, archives[0])) as file:
        assert file.testzip() is None
        (name,) = [name for name in file.namelist() if name.endswith("/add.py")]
        assert file.read(name) == b"print(1 + 2)\n", file.read(name)


class Refused(AssertionError):
    """An action that the browser refused, with WebDriver's name of the reason."""

    def __init__(self, value):
        super().__init__("%(error)s: %(message)s" % value)
        self.reason = value["error"]


class Browser:
    """A Chromium without a window."""

    def __init__(self, folder):
        self.folder = folder
        self.asked = {}  # the address of each request
        self.arrived = set()  # the addresses of responses without errors
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        port = next(filter(None, (re.search(r"successfully on port (\d+)", line) for line in self.driver.stdout))).group(1)
        self.session = "http://127.0.0.1:%s/session" % port
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"],
            "prefs": {"download.default_directory": folder},
        }
        wishes = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "timeouts": {"implicit": PATIENCE * 1000},
        }
        self.session += "/" + self.call("POST", "", {"capabilities": {"alwaysMatch": wishes}})["sessionId"]

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def click(self, selector):
        self.call("POST", "/element/%s/click" % self.find(selector), {})

    def type(self, selector, text):
        self.call("POST", "/element/%s/value" % self.find(selector), {"text": text})

    def choose(self, selector, beginning):
        """Set a list to the first value that begins with this text. The page shows a list of its own instead of this one."""
        self.run("""
            const [selector, beginning] = arguments;
            const list = document.querySelector(selector);
            list.value = [...list.options].find(option => option.value.startsWith(beginning)).value;
            jQuery(list).trigger("change")""", selector, beginning)

    def text(self, selector):
        return self.call("GET", "/element/%s/text" % self.find(selector)).strip()

    def style(self, selector, name):
        """A property of an element, as the browser computes it."""
        script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        self.find(selector)
        return self.run(script, selector, name)

    def source(self):
        return self.call("GET", "/source")

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.shown():
            assert time.monotonic() < end, "no %r in %s" % (text, self.shown())
            time.sleep(0.1)

    def until(self, script):
        """Wait until a script returns a true value."""
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < end, "never: " + script
            time.sleep(0.1)

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": arguments})

    def log(self, kind):
        """The new entries of one of the browser's logs; "performance" has its actions, in its own words."""
        entries = self.call("POST", "/se/log", {"type": kind})
        return [json.loads(entry["message"])["message"] for entry in entries] if kind == "performance" else entries

    def forget(self):
        for kind in ["browser", "performance"]:
            self.log(kind)

    def shown(self):
        """The text of the page; empty while another page replaces it."""
        try:
            return self.text("body")
        except Refused as refused:
            if refused.reason != "stale element reference":
                raise
            return ""

    def screenshot(self, name):
        with open(os.path.join(self.folder, name + ".png"), "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.session + path, data, headers, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)["value"]) from None

    def end(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


if __name__ == "__main__":
    main()
