"""Reads a workbook with openpyxl, and its charts and tables as XML, and prints it as JSON.

    python3 xlsx_book.py FILE

{"properties": {...}, "parts": [names], "sheets": [{"name", "rows" (values as stored), "formulas" {cell: text},
"formats" {cell: number format}, "freeze", "filter", "tables", "conditions", "widths", "merged", "page"}],
"charts": [{"title", "kind", "series": [{"name", "name_cache", "x", "x_cache", "y", "y_cache"}]}],
"anchors" of charts: [[column, row]]}
"""
import json
import sys
import warnings
import xml.etree.ElementTree as ET
import zipfile

import openpyxl

warnings.simplefilter("ignore")
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
X = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def plain(value):
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def reference(node):
    """Formula and cached points of a c:cat, c:val, c:xVal, c:yVal or c:tx."""
    if node is None:
        return None, None
    cache = [(int(p.get("idx")), p.find(C + "v").text) for p in node.iter(C + "pt")]
    return node.find(".//" + C + "f").text, dict(cache)


def chart(archive, name):
    root = ET.fromstring(archive.read(name))
    area = root.find(".//" + C + "plotArea")
    kind = next(node for node in area if node.tag.endswith("Chart"))
    title = root.find(C + "chart").find(C + "title")
    result = {"title": "".join(t.text for t in title.iter(A + "t")) if title is not None else None,
              "kind": kind.tag[len(C):], "axes": [n.get("formatCode") for n in area.iter(C + "numFmt")],
              "grouping": [n.get("val") for n in kind.findall(C + "grouping")], "series": []}
    for node in kind.findall(C + "ser"):
        series = {}
        series["name"], series["name_cache"] = reference(node.find(C + "tx"))
        series["x"], series["x_cache"] = reference(next((n for n in node if n.tag in (C + "cat", C + "xVal")), None))
        series["y"], series["y_cache"] = reference(next(n for n in node if n.tag in (C + "val", C + "yVal")))
        result["series"].append(series)
    return result


def condition(sheet_range, rule):
    found = {"range": str(sheet_range), "type": rule.type, "stop": bool(rule.stopIfTrue),
             "priority": rule.priority, "formula": list(rule.formula or [])}
    if rule.dxf is not None and rule.dxf.fill is not None:
        found["color"] = rule.dxf.fill.bgColor.rgb
    for part in (rule.dataBar, rule.colorScale):
        if part is not None:
            colors = part.color if isinstance(part.color, (list, tuple)) else [part.color]
            found["colors"] = [c.rgb for c in colors]
            found["limits"] = [[v.type, v.val] for v in part.cfvo]
    return found


def table(value):
    return {"ref": value.ref, "name": value.displayName, "filter": value.autoFilter.ref if value.autoFilter else None,
            "columns": [c.name for c in value.tableColumns], "totals": value.totalsRowCount,
            "functions": [c.totalsRowFunction for c in value.tableColumns]}


def sheet(formulas, values):
    result = {"name": formulas.title, "freeze": formulas.freeze_panes, "filter": formulas.auto_filter.ref,
              "rows": [[plain(cell.value) for cell in row] for row in values.iter_rows()], "formulas": {}, "formats": {}}
    for row in formulas.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("=") and cell.data_type == "f":
                result["formulas"][cell.coordinate] = cell.value[1:]
            if cell.number_format != "General":
                result["formats"][cell.coordinate] = cell.number_format
    result["tables"] = [table(t) for t in formulas.tables.values()]
    result["conditions"] = [condition(where.sqref, rule) for where in formulas.conditional_formatting
                            for rule in where.rules]
    result["widths"] = {name: size.width for name, size in formulas.column_dimensions.items()}
    result["merged"] = sorted(str(r) for r in formulas.merged_cells.ranges)
    page = formulas.page_setup
    margins = formulas.page_margins
    result["page"] = {"paper": page.paperSize, "orientation": page.orientation, "rows": formulas.print_title_rows,
                      "footer": [formulas.oddFooter.left.text, formulas.oddFooter.center.text, formulas.oddFooter.right.text],
                      "margins": [margins.top, margins.right, margins.bottom, margins.left]}
    result["charts"] = len(formulas._charts)
    return result


def main():
    formulas = openpyxl.load_workbook(sys.argv[1])
    values = openpyxl.load_workbook(sys.argv[1], data_only=True)
    with zipfile.ZipFile(sys.argv[1]) as archive:
        assert archive.testzip() is None
        parts = archive.namelist()
        for name in parts:
            if name.endswith((".xml", ".rels")):
                ET.fromstring(archive.read(name))
        charts = [chart(archive, name) for name in
                  sorted((n for n in parts if n.startswith("xl/charts/chart")), key=lambda n: int(n[15:-4]))]
        drawings = [ET.fromstring(archive.read(n)) for n in sorted(parts) if n.startswith("xl/drawings/drawing")]
    anchors = [[int(node.find(X + "col").text), int(node.find(X + "row").text)]
               for root in drawings for node in root.iter(X + "from")]
    about = formulas.properties
    json.dump({"parts": parts, "charts": charts, "anchors": anchors, "properties": {
        "title": about.title, "subject": about.subject, "author": about.creator, "created": str(about.created),
        "modified": str(about.modified)},
        "sheets": [sheet(f, v) for f, v in zip(formulas.worksheets, values.worksheets)]}, sys.stdout)


main()
