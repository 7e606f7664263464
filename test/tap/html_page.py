"""Reads a page with nothing but a parser of HTML, proves its form, and prints what it shows as JSON.

    python3 html_page.py FILE

{"lang", "title", "meta": {name: content}, "style", "h1", "lines": [of header and footer], "nav": [[href, text]],
 "sections": [{"id", "h2", "note", "cards": [[texts]], "charts": [{"class", "title", "texts"}],
               "caption", "head", "rows", "foot", "styles": [[style of each cell]]}],
 "skeleton": [every tag with its attributes, without what data decides], "problems": [...]}

Problems are tags that are not closed in order, elements where they may not be, attributes and names that no page
of ours has, identifiers that come twice, links that lead nowhere, and characters that no page may hold.
"""
import json
import re
import sys
from html.parser import HTMLParser

PARENTS = {
    "html": [None], "head": ["html"], "body": ["html"], "meta": ["head"], "title": ["head", "svg"], "style": ["head"],
    "header": ["body"], "nav": ["body"], "main": ["body"], "footer": ["body"], "h1": ["header"],
    "p": ["header", "footer", "section"], "ul": ["nav"], "li": ["ul"], "a": ["li"], "section": ["main"],
    "h2": ["section"], "dl": ["section"], "dt": ["div"], "dd": ["div"], "figure": ["div"],
    "div": ["section", "dl", "figure"], "svg": ["div"], "table": ["div"], "caption": ["table"], "thead": ["table"],
    "tbody": ["table"], "tfoot": ["table"], "tr": ["thead", "tbody", "tfoot"], "th": ["tr"], "td": ["tr"],
    "rect": ["svg"], "path": ["svg"], "circle": ["svg"], "text": ["svg"],
}
ATTRIBUTES = {
    "charset", "http-equiv", "content", "name", "lang", "href", "id", "class", "dir", "scope", "colspan", "style",
    "tabindex", "role", "aria-labelledby", "xmlns", "version", "width", "height", "viewbox", "font-family",
    "x", "y", "d", "cx", "cy", "r", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-linejoin",
    "stroke-linecap", "stroke-dasharray", "font-size", "font-weight", "text-anchor", "transform",
}
STYLE = re.compile(r"(--b:\d+\.\d%|background:#[0-9a-f]{6}|color:#[0-9a-f]{6})(;color:#[0-9a-f]{6})?$")
NEVER = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.text, self.ids, self.links = [], [], [], []
        self.page = {"meta": {}, "lines": [], "nav": [], "sections": [], "skeleton": [], "problems": []}

    def problem(self, text):
        self.page["problems"].append("%d:%d %s" % (*self.getpos(), text))

    def handle_decl(self, text):
        self.page["doctype"] = text

    def handle_comment(self, text):
        self.problem("comment")

    def handle_pi(self, text):
        self.problem("processing instruction")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        parent = self.stack[-1][0] if self.stack else None
        if parent not in PARENTS.get(tag, []):
            self.problem("<%s> in <%s>" % (tag, parent))
        if len(given) != len(attributes) or set(given) - ATTRIBUTES:
            self.problem("attributes of <%s>: %s" % (tag, attributes))
        if tag in ("td", "th") and not STYLE.match(given.get("style", "--b:0.0%")):
            self.problem("style " + given["style"])
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name].lstrip("#") for name in ("href", "aria-labelledby") if name in given]
        if not any(name == "svg" for name, _ in self.stack):
            shown = [(k, v) for k, v in attributes if k not in ("dir", "style", "content")]
            self.page["skeleton"].append(tag + "".join(' %s="%s"' % item for item in shown))
        self.begin(tag, given)
        if tag != "meta":
            self.stack.append((tag, given))
            self.text.append("")

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1][0] != tag:
            self.problem("</%s> in %s" % (tag, [name for name, _ in self.stack]))
            return
        _, given = self.stack.pop()
        self.end(tag, given, self.text.pop())

    def handle_data(self, data):
        if self.stack:
            self.text[-1] += data
            if data.strip() and self.stack[-1][0] in ("table", "thead", "tbody", "tfoot", "tr", "section", "html", "body"):
                self.problem("text in <%s>" % self.stack[-1][0])

    def section(self):
        return self.page["sections"][-1]

    def begin(self, tag, given):
        if tag == "html":
            self.page["lang"] = given.get("lang")
        elif tag == "meta":
            self.page["meta"][given.get("name", given.get("http-equiv", "charset"))] = given.get("content", given.get("charset"))
        elif tag == "section":
            self.page["sections"].append({"id": given["id"], "cards": [], "charts": [], "head": [], "rows": [], "foot": [], "styles": []})
        elif tag == "svg":
            self.section()["charts"].append({"class": self.stack[-1][1].get("class"), "role": given.get("role"), "title": None, "texts": []})
        elif tag == "div" and self.stack[-1][0] == "dl":
            self.section()["cards"].append([])
        elif tag == "tr" and self.stack[-1][0] != "thead":
            self.section()["rows" if self.stack[-1][0] == "tbody" else "foot"].append([])
            self.section()["styles"].append([])

    def end(self, tag, given, text):
        parent = self.stack[-1][0] if self.stack else None
        if tag in ("h1", "style") or (tag == "title" and parent == "head"):
            self.page[tag] = text
        elif tag == "p":
            self.section().__setitem__("note", text) if parent == "section" else self.page["lines"].append(text)
        elif tag == "a":
            self.page["nav"].append([given.get("href"), text])
        elif tag in ("h2", "caption"):
            self.section()[tag] = text
        elif tag in ("dt", "dd"):
            self.section()["cards"][-1].append(text)
        elif tag == "title":
            self.section()["charts"][-1]["title"] = text
        elif tag == "text":
            self.section()["charts"][-1]["texts"].append(text)
        elif tag in ("td", "th"):
            self.cell(given, text)

    def cell(self, given, text):
        group = self.stack[-2][0]
        if group == "thead":
            self.section()["head"].append(text)
            if given.get("scope") != "col":
                self.problem("header without scope")
        else:
            self.section()["rows" if group == "tbody" else "foot"][-1].append(text)
            self.section()["styles"][-1].append(given.get("style"))


def main():
    with open(sys.argv[1], "rb") as file:
        source = file.read().decode("utf-8")
    page = Page()
    page.feed(source)
    page.close()
    if page.stack:
        page.problem("not closed: %s" % page.stack)
    if len(set(page.ids)) != len(page.ids) or set(page.links) - set(page.ids):
        page.problem("identifiers %s, links %s" % (page.ids, page.links))
    if NEVER.search(source):
        page.problem("character %r" % NEVER.search(source).group())
    if re.search(r"url\(|@import|</|expression|<!--", page.page["style"], re.I):
        page.problem("style")
    json.dump(page.page, sys.stdout)


main()
