"""Judges what was exported from one table to every format against what PostgreSQL itself says of the table.

    python3 export_judge.py cells DIR     nasty.* against expected.jsonl (texts) and json.jsonl (row_to_json)
    python3 export_judge.py shown DIR     shown.* against one another: what a workbook shows in LibreOffice rules

Prints one line for each difference, and nothing if all is well.  The readers are openpyxl, LibreOffice, poppler,
cmark-gfm, and Python's csv, json, html and xml.  A cell of a workbook has to be the very number or moment, or the
text that PostgreSQL prints: there is no third way.
"""
import csv
import datetime
import decimal
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile

import openpyxl

CUT = 32767
MOMENT = {"d": "%Y-%m-%d", "ts": "%Y-%m-%d %H:%M:%S.%f", "tz": "%Y-%m-%d %H:%M:%S.%f", "tm": "%H:%M:%S.%f"}
csv.field_size_limit(1 << 30)


def complain(where, got, wanted):
    print("%s: got %s, wanted %s" % (where, ascii(got)[:160], ascii(wanted)[:160]))


def lines(name):
    with open(name, encoding="utf-8", newline="") as file:
        return [line for line in file.read().split("\n") if line]


def load(text):
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=sys.exit, object_pairs_hook=list)


def units(text):
    """The text as far as a cell of a workbook holds it: UTF-16 units, whole characters."""
    kept, n = [], 0
    for character in text:
        n += 2 if ord(character) > 0xFFFF else 1
        if n > CUT:
            break
        kept.append(character)
    return "".join(kept)


def decode(text):
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m.group(1), 16)), text)


class Table(html.parser.HTMLParser):
    """All rows of all tables of a page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.rows, self.cell, self.tags = [], None, set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.cell = ""
        elif tag == "br" and self.cell is not None:
            self.cell += "\n"

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data


def html_rows(name):
    table = Table()
    with open(name, encoding="utf-8", newline="") as file:
        table.feed(file.read())
    table.close()
    if table.tags & {"script", "img", "iframe", "link", "object"}:
        complain(name, table.tags, "no such elements")
    return table.rows


def markdown_rows(name):
    table = Table()
    page = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", name], check=True, capture_output=True)
    table.feed(page.stdout.decode("utf-8"))
    table.close()
    if table.tags - {"table", "thead", "tbody", "tr", "th", "td", "br", "strong", "h1", "p", "ul", "li"}:
        complain(name, table.tags, "a table")
    return table.rows


def csv_rows(name):
    with open(name, newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, strict=True))


RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""


def office_rows(*names):
    """What LibreOffice shows of the first sheets of workbooks, each formula computed anew."""
    with tempfile.TemporaryDirectory() as home:
        os.makedirs(home + "/profile/user")
        with open(home + "/profile/user/registrymodifications.xcu", "w", encoding="utf-8") as file:
            file.write(RECALCULATE)
        subprocess.run(["soffice", "-env:UserInstallation=file://" + home + "/profile", "--headless", "--convert-to",
                        "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,true,true", "--outdir", home, *names],
                       check=True, capture_output=True, timeout=100)
        return [csv_rows(home + "/" + os.path.basename(name).rsplit(".", 1)[0] + ".csv") for name in names]


def page_text(name):
    text = subprocess.run(["pdftotext", "-raw", name, "-"], check=True, capture_output=True).stdout
    return text.decode("utf-8")


def check_parts(name):
    """Every part of a workbook is XML, and no sheet has a formula."""
    with zipfile.ZipFile(name) as archive:
        if archive.testzip():
            complain(name, archive.testzip(), "whole parts")
        for part in archive.namelist():
            root = ET.fromstring(archive.read(part))
            if any(node.tag.endswith("}f") for node in root.iter()):
                complain(part, "a formula", "none")


def raw_strings(source):
    """The table of shared strings as it stands in the file."""
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    return ["".join(t.text or "" for t in item.iter(name + "t")) for item in ET.parse(source).getroot().iter(name + "si")]


def plain(moment, column):
    """A cell's moment as text, to the microsecond, or None if it is none."""
    if isinstance(moment, (datetime.datetime, datetime.date, datetime.time)):
        return moment.strftime(MOMENT[column]) if column in MOMENT else None
    return None


def near(moment, text, column):
    """Tells whether a cell holds the moment: a serial number keeps milliseconds, which is what openpyxl returns."""
    if column == "d":
        return plain(moment, column) == text
    text = re.sub(r"[+-]\d\d$", "", text)
    text += ".000000" if "." not in text else "0" * (6 - len(text.split(".")[1]))
    if isinstance(moment, datetime.time):
        moment = datetime.datetime.combine(datetime.date(2000, 1, 1), moment)
        text = "2000-01-01 " + text
    try:
        wanted = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f")
    except ValueError:
        return False
    return abs((moment - wanted).total_seconds()) <= 0.0011


def sixteen(text, column):
    """A number; of a double, as many digits as the library writes."""
    return decimal.Decimal("%.16g" % float(text) if column == "f" else str(text))


def same_cell(cell, text, column):
    value = cell.value
    if text is None or text == "":
        return value is None
    if isinstance(value, bool):
        return column == "b" and value == (text == "true")
    if plain(value, column):
        return near(value, text, column)
    if isinstance(value, (int, float)):
        return column in ("id", "n", "big", "f", "r") and decimal.Decimal(repr(value)) == sixteen(text, column)
    return cell.data_type in ("s", "inlineStr") and decode(value) == units(text)


def judge_workbook(name, expected):
    check_parts(name)
    # openpyxl undoes some escapes of shared strings, and only some: it gets them escaped once more.
    openpyxl.reader.excel.read_string_table = raw_strings
    sheet = openpyxl.load_workbook(name).worksheets[0]
    rows = list(sheet.iter_rows())
    header = [cell.value for cell in rows[0]]
    if len(rows) != len(expected) + 1:
        complain(name, len(rows), len(expected) + 1)
    for cells, wanted in zip(rows[1:], expected):
        for column, cell in zip(header, cells):
            if not same_cell(cell, wanted[column], column):
                complain("xlsx %s of %s" % (column, wanted["id"]), cell.value, wanted[column])


def judge_csv(rows, expected, where, escaped):
    """Texts as they are, or with an apostrophe where they could be formulas."""
    for row, wanted in zip(rows[1:], expected):
        for column, got in zip(rows[0], row):
            text = str(wanted[column] or "")
            if column == "b":
                text = text.upper()
            if column == "tz":
                text = re.sub(r"(?<=:\d\d)[+-]\d\d(:\d\d)*(?= BC$|$)|(?<=\.\d\d\d)[+-]\d\d$", "", text)
            if escaped and column in ("t", "a", "j", "by", "rg") and got == "'" + text:
                text = got
            if escaped and re.match("[\\s]*[=+\\-@\uff1d]", got) and column in ("t", "a", "j", "by", "rg"):
                complain("%s %s of %s" % (where, column, wanted["id"]), got, "no formula")
            if got != text:
                complain("%s %s of %s" % (where, column, wanted["id"]), got, text)
    if len(rows) != len(expected) + 1:
        complain(where, len(rows), len(expected) + 1)


def shown(text, ends):
    """What a page shows of a text: some ends of lines as one, pictures of control characters."""
    text = re.sub(ends, "\n", text)
    text = re.sub("[\x00-\x08\x0b-\x1f]", lambda m: chr(0x2400 + ord(m.group())), text)
    text = text.replace("\x7f", "\u2421")
    return re.sub("[\x80-\x9f\ufdd0-\ufdef]|[\ufffe\uffff]|[\U0010fffe\U0010ffff]", "\ufffd", text)


def judge_page(rows, expected, where, ends="\r\n|\r|[\x85\u2028\u2029]"):
    """Columns of text on a page; blanks at the edges may be U+00A0."""
    if len(rows) != len(expected) + 1:
        complain(where, len(rows), len(expected) + 1)
    for row, wanted in zip(rows[1:], expected):
        for column, got in zip(rows[0], row):
            text = shown(str(wanted[column] or ""), ends)
            if column in ("t", "a", "j", "iv", "by", "rg") and got.replace("\xa0", " ").replace("\t", " ") != text.replace("\t", " "):
                complain("%s %s of %s" % (where, column, wanted["id"]), got, text)


def judge_cells(directory):
    expected = [json.loads(line) for line in lines(directory + "/expected.jsonl")]
    exact = [load(line) for line in lines(directory + "/json.jsonl")]
    with open(directory + "/nasty.json", encoding="utf-8") as file:
        for got, wanted in zip(load(file.read()), exact):
            if got != wanted:
                complain("json", got, wanted)
    for got, wanted in zip(lines(directory + "/nasty.ndjson"), exact):
        if load(got) != wanted:
            complain("ndjson", got, wanted)
    judge_workbook(directory + "/nasty.xlsx", expected)
    judge_csv(csv_rows(directory + "/raw.csv_excel"), expected, "csv", False)
    judge_csv(csv_rows(directory + "/nasty.csv_excel"), expected, "csv", True)
    judge_page(html_rows(directory + "/nasty.html"), expected, "html", "\r\n")
    judge_page(markdown_rows(directory + "/nasty.markdown"), expected, "markdown")
    judge_pdf(directory + "/words.pdf", expected)


def judge_pdf(name, expected):
    """Texts of one direction, without blanks, can be found in the page in their order."""
    squeeze = lambda text: re.sub("\\s", "", text)
    text, at = squeeze(page_text(name)), 0
    for row in expected:
        word = squeeze(shown(row["t"] or "", "\r\n"))
        if not word.isascii() or len(word) > 200:
            continue
        found = text.find(word, at)
        if found < 0:
            complain("pdf %s" % row["id"], text[at:at + 60], word)
        else:
            at = found + len(word)


def judge_shown(directory):
    """Numbers by their formats, and formulas: pages show what LibreOffice shows of the workbook."""
    names = ["shown", "computed"]
    for name, wanted in zip(names, office_rows(*[directory + "/" + name + ".xlsx" for name in names])):
        same_page(html_rows(directory + "/" + name + ".html"), wanted, name + ".html")
        same_page(markdown_rows(directory + "/" + name + ".markdown"), wanted, name + ".markdown")
        pdf = re.sub("\\s", "", page_text(directory + "/" + name + ".pdf"))
        for i, row in enumerate(wanted):
            for column, text in zip(wanted[0], row):
                if re.sub("\\s", "", text) not in pdf:
                    complain("%s.pdf, row %d, %s" % (name, i, column), "nothing like it", text)


def same_page(rows, wanted, where):
    if len(rows) != len(wanted):
        complain(where, len(rows), len(wanted))
    for i, (row, right) in enumerate(zip(rows, wanted)):
        for column, got, text in zip(wanted[0], row, right):
            if got.strip() != text.strip():
                complain("%s, row %d, %s" % (where, i, column), got, text)


{"cells": judge_cells, "shown": judge_shown}[sys.argv[1]](sys.argv[2])
