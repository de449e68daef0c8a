"""Asks the real Kallithea, in this process: ask.py INI, with a list of wishes as JSON on standard input.

Each wish is one of these, with "as" (the web server's REMOTE_USER), "environ" or "basic" (name and password) if needed:

    {"get": PATH}                     a page
    {"fields": PATH}                  the values in the forms of a page
    {"submit": PATH, "change": {..}}  the form of that page that has these fields, sent with these changes
    {"login": [NAME, PASSWORD]}       the login form, and then the first page
    {"forget": true}                  a new browser: no cookies
    {"run": [ARGUMENT, ..]}           a Python program in another process, to its end

Prints a list of answers: status, location, user (the name on the page), body, fields.
"""
import base64
import html.parser
import json
import re
import subprocess
import sys
import urllib.parse

import paste.deploy
import webob


class Forms(html.parser.HTMLParser):
    """Every form of a page: its action, and its fields as a browser would send them; a box that is not checked is None."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.select = self.area = None
        self.feed(page)

    def handle_starttag(self, tag, pairs):
        given = dict(pairs)
        if tag == "form":
            self.forms.append((given.get("action"), {}))
        if not self.forms:
            return
        fields = self.forms[-1][1]
        kind = given.get("type", "text")
        if tag == "input" and given.get("name") and kind not in ("submit", "button", "reset"):
            if kind not in ("checkbox", "radio") or "checked" in given:
                fields[given["name"]] = given.get("value") or ""
            else:
                fields.setdefault(given["name"], None)
        elif tag == "select":
            self.select = given.get("name")
        elif tag == "option" and self.select and ("selected" in given or self.select not in fields):
            fields[self.select] = given.get("value") or ""
        elif tag == "textarea":
            self.area = given.get("name")
            fields[self.area] = ""

    def handle_data(self, data):
        if self.area:
            self.forms[-1][1][self.area] += data

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None


class Browser:
    def __init__(self, application):
        self.application = application
        self.cookies = {}

    def request(self, path, wish, form=None):
        request = webob.Request.blank(path, POST=form)
        if "as" in wish:
            request.environ["REMOTE_USER"] = wish["as"]
        request.environ.update(wish.get("environ", {}))
        if "basic" in wish:
            credentials = ":".join(wish["basic"]).encode()
            request.headers["Authorization"] = "Basic " + base64.b64encode(credentials).decode()
        request.headers["Cookie"] = "; ".join("%s=%s" % pair for pair in self.cookies.items())
        response = request.get_response(self.application)
        for cookie in response.headers.getall("Set-Cookie"):
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name.strip()] = value
        return response

    def answer(self, response):
        user = re.search(r'<span class="menu_link_user">([^<]*)<', response.text)
        return {
            "status": response.status_int, "location": response.location, "body": response.text,
            "user": user and user.group(1),
        }

    def submit(self, path, changes, wish):
        forms = Forms(self.request(path, wish).text).forms
        action, fields = next(form for form in forms if set(changes) <= set(form[1]))
        fields = {name: value for name, value in dict(fields, **changes).items() if value is not None}
        return self.request(urllib.parse.urlsplit(action).path, wish, fields)

    def fulfil(self, wish):
        if "forget" in wish:
            self.cookies = {}
            return None
        if "run" in wish:
            subprocess.run([sys.executable] + wish["run"], stdout=sys.stderr, check=True)
            return None
        if "fields" in wish:
            response = self.request(wish["fields"], wish)
            fields = {}
            for _action, found in Forms(response.text).forms:
                fields.update(found)
            return dict(self.answer(response), fields=fields)
        if "submit" in wish:
            return self.answer(self.submit(wish["submit"], wish["change"], wish))
        if "login" in wish:
            name, password = wish["login"]
            self.submit("/_admin/login", {"username": name, "password": password}, wish)
            return self.answer(self.request("/", wish))
        return self.answer(self.request(wish["get"], wish))


def main():
    browser = Browser(paste.deploy.loadapp("config:" + sys.argv[1]))
    json.dump([browser.fulfil(wish) for wish in json.load(sys.stdin)], sys.stdout)


main()
