// Drives the pages in a real browser and prints what it found, one JSON object.
//
//   node pages.mjs '{"chromium": "...", "folder": "...", "live": "http://..." or null,
//                    "search": {"title": "...", "author": "...", "id": "..."}, "shots": folder or null}'
//
// Nothing is judged here: tests/acceptance/test_pages_in_browser.py does that.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const given = JSON.parse(process.argv[2]);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LIMIT = 30_000; // milliseconds, for one step

const browser = await chromium.launch({
  executablePath: given.chromium,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const found = { visits: [], search: [], keyboard: {}, theme: {}, links: {} };

async function open(address, { theme = "light", width = 1100 } = {}) {
  const context = await browser.newContext({
    colorScheme: theme, viewport: { width, height: 900 },
  });
  context.setDefaultTimeout(LIMIT);
  const page = await context.newPage();
  const troubles = [];
  const strangers = [];
  const own = new URL(address);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("requestfailed", (request) => troubles.push(`failed: ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`);
  });
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.protocol !== own.protocol || to.host !== own.host) strangers.push(request.url());
  });
  await page.goto(address, { waitUntil: "load" });
  return { context, page, troubles, strangers };
}

async function visit(name, address, look) {
  const { context, page, troubles, strangers } = await open(address, look);
  await page.evaluate(axe);
  const report = await page.evaluate(() =>
    // eslint-disable-next-line no-undef
    axe.run(document, {
      preload: false, // it would read style sheets anew, which no page of a file may
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }));
  const widths = await page.evaluate(() => ({
    page: document.documentElement.scrollWidth, window: window.innerWidth,
  }));
  if (given.shots) {
    const file = `${name.replaceAll(/[^a-z0-9]+/gi, "-")}-${look.theme}-${look.width}.png`;
    await page.screenshot({ path: join(given.shots, file), fullPage: Boolean(given.full) });
  }
  found.visits.push({
    name, ...look, troubles, strangers, widths,
    title: await page.title(),
    background: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
    violations: report.violations.map((each) => ({
      id: each.id, impact: each.impact, help: each.help,
      nodes: each.nodes.slice(0, 3).map((node) => node.html),
    })),
    passes: report.passes.length,
  });
  await context.close();
}

async function search(where, address) {
  for (const [kind, words] of Object.entries(given.search)) {
    const { context, page, troubles } = await open(address);
    await page.fill("#query", words);
    await page.waitForFunction(() => document.getElementById("found").textContent !== "");
    const titles = await page.locator("#results a").allTextContents();
    const said = await page.textContent("#found");
    let opened = "";
    if (titles.length) {
      await page.locator("#results a").first().click();
      await page.waitForLoadState("load");
      opened = await page.textContent("h1");
    }
    found.search.push({ where, kind, titles, said, opened, troubles });
    await context.close();
  }
  const { context, page } = await open(`${address}?q=${encodeURIComponent(given.search.title)}`);
  const titles = await page.locator("#results a").allTextContents();
  found.search.push({ where, kind: "address", titles, said: "", opened: "", troubles: [] });
  await context.close();
}

async function keyboard(address) {
  const { context, page } = await open(address);
  const reached = [];
  for (let press = 0; press < 12; press += 1) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => {
      const at = document.activeElement;
      const outline = getComputedStyle(at);
      return {
        text: at.textContent.trim().slice(0, 40), name: at.tagName,
        outlined: outline.outlineStyle !== "none" && parseFloat(outline.outlineWidth) > 0,
      };
    }));
  }
  await page.goto(address);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const skipped = await page.evaluate(() => document.activeElement.id);
  found.keyboard = { reached, skipped };
  await context.close();
}

async function theme(address, other) {
  const { context, page } = await open(address, { theme: "light" });
  const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const labels = [await page.textContent("#theme")];
  const colours = [await colour()];
  for (let press = 0; press < 3; press += 1) {
    await page.locator("#theme").press("Enter");
    labels.push(await page.textContent("#theme"));
    colours.push(await colour());
    if (press === 1) {
      await page.goto(other);
      found.theme.kept = await colour();
    }
  }
  Object.assign(found.theme, { labels, colours });
  await context.close();
}

const host = await serve(given.folder, "/some/where/");
const file = pathToFileURL(`${given.folder}/`).href;
const places = { file, path: host.url };
try {
  const { days, paper } = given;
  for (const [where, root] of Object.entries(places)) {
    for (const name of ["index.html", `days/${days[0]}.html`, `papers/${paper}.html`, "search.html", "trends.html"]) {
      for (const look of [{ theme: "light", width: 1100 }, { theme: "dark", width: 360 }]) {
        await visit(`${where} ${name}`, root + name, look);
      }
    }
    await search(where, `${root}search.html`);
  }
  await visit("path index.html phone", `${host.url}index.html`, { theme: "light", width: 360 });
  await visit("path paper dark", `${host.url}papers/${paper}.html`, { theme: "dark", width: 1100 });
  if (given.live) {
    for (const name of ["", `days/${days[0]}`, `papers/${paper}`, "search", "trends"]) {
      await visit(`live ${name}`, `${given.live}/${name}`, { theme: "dark", width: 1100 });
    }
    await search("live", `${given.live}/search`);
  }
  await keyboard(`${host.url}index.html`);
  await theme(`${host.url}index.html`, `${host.url}trends.html`);
} finally {
  await browser.close();
  await host.close();
}
process.stdout.write(JSON.stringify(found));
