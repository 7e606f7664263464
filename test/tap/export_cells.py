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


def shared_texts(archive):
    """Texts that the sheets in memory share; an error where a program would not find as many as it is told."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ET.fromstring(archive.read("xl/sharedStrings.xml"))
    texts = [decode("".join(t.text or "" for t in item.iter(NS + "t"))) for item in root]
    assert len(texts) == int(root.get("uniqueCount"))
    return texts


def table_filter(archive, sheet):
    """Range of the filter of a sheet's table; None where it has none."""
    name = "xl/worksheets/_rels/" + sheet.split("/")[-1] + ".rels"
    if name not in archive.namelist():
        return None
    for relation in ET.fromstring(archive.read(name)):
        if relation.get("Type").endswith("/table"):
            table = ET.fromstring(archive.read("xl/" + relation.get("Target").replace("../", "")))
            return table.find(NS + "autoFilter").get("ref")
    return None


def value(cell, texts):
    assert cell.find(NS + "f") is None, "formula in " + cell.get("r")
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return decode("".join(t.text or "" for t in cell.iter(NS + "t")))
    assert kind in ("n", "b", "s"), kind
    node = cell.find(NS + "v")
    if node is None:
        return None
    if kind == "s":
        return texts[int(node.text)]
    return node.text == "1" if kind == "b" else float(node.text)


def number_formats(archive):
    styles = ET.fromstring(archive.read("xl/styles.xml"))
    custom = {n.get("numFmtId"): n.get("formatCode") for n in styles.iter(NS + "numFmt")}
    built_in = {"0": "General", "1": "0", "3": "#,##0", "4": "#,##0.00"}
    return [custom.get(xf.get("numFmtId")) or built_in.get(xf.get("numFmtId"), "?" + xf.get("numFmtId"))
            for xf in styles.find(NS + "cellXfs")]


def read_sheet(stream, name, formats, texts):
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
                row.append(value(cell, texts))
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
        texts = shared_texts(archive)
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        targets = {r.get("Id"): r.get("Target")
                   for r in ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))}
        sheets = []
        for node in book.find(NS + "sheets"):
            with archive.open("xl/" + targets[node.get(REL + "id")]) as stream:
                sheets.append(read_sheet(stream, node.get("name"), formats, texts))
            sheets[-1]["filter"] = sheets[-1]["filter"] or table_filter(archive, targets[node.get(REL + "id")])
        for part in archive.namelist():
            if "worksheets/sheet" not in part:
                ET.fromstring(archive.read(part))
    if len(sys.argv) > 2:
        for sheet in sheets:
            sheet["n_rows"] = len(sheet["rows"])
            sheet["rows"] = sheet["rows"][:2] + sheet["rows"][-1:]
    json.dump(sheets, sys.stdout)


main()
