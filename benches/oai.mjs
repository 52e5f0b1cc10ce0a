// Harvests all records of a repository, as harvesters do: page by page with resumption tokens.
//   node benches/oai.mjs BASE_URL PREFIX [PID]     PID: the server's, whose memory and time are measured
import { readFileSync } from "node:fs";

const [base, prefix, pid] = process.argv.slice(2);
const cpu = () => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

const identifiers = new Set();
let [records, bytes, pages, deleted, slowest, largest] = [0, 0, 0, 0, 0, 0];
const [began, before] = [performance.now(), pid ? cpu() : 0];
const early = pid ? memory() : 0;
let query = `verb=ListRecords&metadataPrefix=${prefix}`;
while (query) {
  const start = performance.now();
  const response = await fetch(`${base}?${query}`);
  if (!response.ok) throw new Error(`${query}: ${response.status}`);
  const text = await response.text();
  slowest = Math.max(slowest, performance.now() - start);
  bytes += text.length;
  pages += 1;
  for (const [, status, identifier] of text.matchAll(/<header( status="deleted")?><identifier>([^<]*)/g)) {
    records += 1;
    deleted += status ? 1 : 0;
    // A copy: a part of the page's text would keep the whole page in memory.
    identifiers.add(Buffer.from(identifier).toString());
  }
  if (pid) largest = Math.max(largest, memory());
  const token = /<resumptionToken[^>]*>([^<]+)<\/resumptionToken>/.exec(text.slice(-1000));
  query = token && `verb=ListRecords&resumptionToken=${encodeURIComponent(token[1])}`;
}
const seconds = (performance.now() - began) / 1000;
const rate = Math.round(records / seconds);
let line = `${prefix}: ${records} records (${identifiers.size} works, ${deleted} deleted) in ${seconds.toFixed(1)} s: ${rate}/s, `;
line += `${pages} pages of ${Math.round(bytes / pages / 1024)} KiB, the slowest ${slowest.toFixed(0)} ms`;
if (pid) {
  line += `; ${(((cpu() - before) / records) * 1000).toFixed(3)} CPU ms per record, `;
  line += `memory ${early.toFixed(0)} MiB before, ${largest.toFixed(0)} MiB at most`;
}
console.log(line);
