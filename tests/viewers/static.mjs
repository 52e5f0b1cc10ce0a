// Serves a folder as any static web server does, with CORS:   node static.mjs DIR PORT
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

const root = path.resolve(process.argv[2]);
const TYPES = { ".json": "application/json", ".jpg": "image/jpeg", ".dzi": "application/xml" };
http.createServer((request, response) => {
  const file = path.join(root, decodeURIComponent(new URL(request.url, "http://x").pathname));
  fs.readFile(file, (error, data) => error || !file.startsWith(root + path.sep) ? response.writeHead(404).end()
    : response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream", "Access-Control-Allow-Origin": "*" }).end(data));
}).listen(Number(process.argv[3]), "127.0.0.1");
