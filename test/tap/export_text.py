"""Reads a file of text with other people's parsers, and prints it as JSON in ASCII.

    python3 export_text.py csv FILE [DELIMITER]     [[cell, ...], ...], by Python's csv module
    python3 export_text.py json|ndjson FILE         what it holds; objects as [[key, value], ...], numbers as strings
    python3 export_text.py markdown FILE            {"text": all that a page shows, "cells": [[cell, ...], ...], "tags": [...]}

Markdown goes through GitHub's own cmark-gfm, raw HTML let through, so that what escaped from a cell shows as a tag.
"""
import csv
import html.parser
import json
import subprocess
import sys


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.cells, self.tags, self.text, self.cell = [], set(), "", None

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            self.cells.append([])
        elif tag in ("td", "th"):
            self.cell = ""
        elif tag == "br" and self.cell is not None:
            self.cell += "\n"

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cells[-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data
        self.text += data

    def handle_comment(self, data):
        self.tags.add("comment")


def read_csv(name, delimiter=","):
    csv.field_size_limit(1 << 30)
    with open(name, newline="", encoding="utf-8-sig", errors="strict") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


def load(text):
    return json.loads(text, object_pairs_hook=lambda pairs: [list(pair) for pair in pairs],
                      parse_float=str, parse_int=str, parse_constant=sys.exit)


def read_json(name):
    with open(name, encoding="utf-8", newline="") as file:
        return load(file.read())


def read_ndjson(name):
    with open(name, encoding="utf-8", newline="") as file:
        return [load(line) for line in file.read().split("\n")[:-1]]


def read_markdown(name):
    command = ["cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", name]
    page = Page()
    page.feed(subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8"))
    page.close()
    return {"text": page.text, "cells": page.cells, "tags": sorted(page.tags)}


READERS = {"csv": read_csv, "json": read_json, "ndjson": read_ndjson, "markdown": read_markdown}
print(json.dumps(READERS[sys.argv[1]](*sys.argv[2:])))
