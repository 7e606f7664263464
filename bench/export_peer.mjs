// The same rows by exceljs' streaming writer: node export_peer.mjs ROWS OUT.xlsx, with exceljs in $BENCH_NODE/node_modules
import { createRequire } from 'node:module';
import path from 'node:path';
const ExcelJS = createRequire(path.join(process.env.BENCH_NODE, 'x.js'))('exceljs');
const n = Number(process.argv[2]);
const start = Date.UTC(2025, 0, 1);
const began = process.hrtime.bigint();
const book = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: process.argv[3], useStyles: true, useSharedStrings: false });
const sheet = book.addWorksheet('export_bench');
sheet.columns = ['id', 'at', 'event', 'amount', 'ok', 'name'].map((key) => ({ header: key, key }));
sheet.getColumn('at').numFmt = 'yyyy-mm-dd hh:mm:ss';
for (let i = 1; i <= n; i++) {
  sheet.addRow([i, new Date(start + i * 37000), 'event_' + (i % 50), (i % 1000) * 1.25, i % 2 === 0, '使用者' + (i % 5000)]).commit();
  if (i % 2000 === 0) await new Promise((resolve) => setImmediate(resolve));
}
await book.commit();
const used = process.resourceUsage();
console.log(`${Number(process.hrtime.bigint() - began) / 1e9} ${used.maxRSS} ${(used.userCPUTime + used.systemCPUTime) / 1e6}`);
