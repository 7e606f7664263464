"""Reads a workbook with nothing but a zip and an XML parser, and prints it as JSON.

    python3 export_cells.py FILE

[{"name", "rows": [[cell or null, ...], ...], "freeze", "filter", "widths", "formats": [of the last row]}, ...]
A cell is text, a number or a boolean. Escapes _xHHHH_ are decoded as ECMA-376 part 1, 22.9.2.19 says. Any
formula, any part that is no XML and any cell out of order is an error.
"""
import json
import re
import sys
import xml.etree.ElementTree as ET
import zipfile

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def decode(text):
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m.group(1), 16)), text)


def column(reference):
    number = 0
    for letter in re.match(r"[A-Z]+", reference).group():
        number = number * 26 + ord(letter) - 64
    return number - 1


def value(cell):
    assert cell.find(NS + "f") is None, "formula in " + cell.get("r")
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return decode("".join(t.text or "" for t in cell.iter(NS + "t")))
    assert kind in ("n", "b"), kind
    node = cell.find(NS + "v")
    if node is None:
        return None
    return node.text == "1" if kind == "b" else float(node.text)


def number_formats(archive):
    styles = ET.fromstring(archive.read("xl/styles.xml"))
    custom = {n.get("numFmtId"): n.get("formatCode") for n in styles.iter(NS + "numFmt")}
    built_in = {"0": "General", "1": "0", "3": "#,##0", "4": "#,##0.00"}
    return [custom.get(xf.get("numFmtId")) or built_in.get(xf.get("numFmtId"), "?" + xf.get("numFmtId"))
            for xf in styles.find(NS + "cellXfs")]


def read_sheet(stream, name, formats):
    sheet = {"name": name, "rows": [], "freeze": None, "filter": None, "widths": [], "formats": []}
    for _, node in ET.iterparse(stream):
        if node.tag == NS + "row":
            number = int(node.get("r"))
            assert number > len(sheet["rows"]), "row out of order"
            sheet["rows"] += [[] for _ in range(number - len(sheet["rows"]) - 1)]
            row, last = [], []
            for cell in node:
                at = column(cell.get("r"))
                row += [None] * (at - len(row))
                row.append(value(cell))
                last.append(formats[int(cell.get("s", 0))])
            sheet["rows"].append(row)
            sheet["formats"] = last
            node.clear()
        elif node.tag == NS + "pane":
            sheet["freeze"] = node.get("topLeftCell")
        elif node.tag == NS + "autoFilter":
            sheet["filter"] = node.get("ref")
        elif node.tag == NS + "col":
            sheet["widths"] += [float(node.get("width"))] * (int(node.get("max")) - int(node.get("min")) + 1)
    return sheet


def main():
    with zipfile.ZipFile(sys.argv[1]) as archive:
        assert archive.testzip() is None
        formats = number_formats(archive)
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        targets = {r.get("Id"): r.get("Target")
                   for r in ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))}
        sheets = []
        for node in book.find(NS + "sheets"):
            with archive.open("xl/" + targets[node.get(REL + "id")]) as stream:
                sheets.append(read_sheet(stream, node.get("name"), formats))
        for part in archive.namelist():
            if "worksheets/sheet" not in part:
                ET.fromstring(archive.read(part))
    if len(sys.argv) > 2:
        for sheet in sheets:
            sheet["n_rows"] = len(sheet["rows"])
            sheet["rows"] = sheet["rows"][:2] + sheet["rows"][-1:]
    json.dump(sheets, sys.stdout)


main()
