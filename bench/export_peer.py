"""The same rows by openpyxl's write-only mode: python3 export_peer.py ROWS OUT.xlsx"""
import datetime
import resource
import sys
import time

import openpyxl
from openpyxl.cell import WriteOnlyCell

began = time.time()
book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet("export_bench")
sheet.append(["id", "at", "event", "amount", "ok", "name"])
start = datetime.datetime(2025, 1, 1)
for i in range(1, int(sys.argv[1]) + 1):
    at = WriteOnlyCell(sheet, start + datetime.timedelta(seconds=37 * i))
    at.number_format = "yyyy-mm-dd hh:mm:ss"
    sheet.append([i, at, f"event_{i % 50}", (i % 1000) * 1.25, i % 2 == 0, f"使用者{i % 5000}"])
book.save(sys.argv[2])
print(time.time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time())
