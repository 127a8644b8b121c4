// A folder served under a sub-path on this machine, as a host of static pages would.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".xml": "application/xml",
  ".json": "application/json",
};

export async function serve(folder, under) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const inside = normalize(path.slice(under.length));
    if (!path.startsWith(under) || inside.includes("..")) {
      response.writeHead(404).end();
      return;
    }
    const name = inside.endsWith("/") || inside === "." ? join(inside, "index.html") : inside;
    try {
      const content = await readFile(join(folder, name));
      response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "text/plain" });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${under}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
