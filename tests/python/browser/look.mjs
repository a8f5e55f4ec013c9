// Opens one page in Chromium, once per view, and prints what was seen as JSON.
//
//     node look.mjs FOLDER < question.json
//
// FOLDER holds node_modules and the unpacked browser. The question: {page, views: [{name, width,
// scheme, scripts, questions: {name: expression}, axe, screenshot}]}. The answer, per view: its
// questions answered, console messages of errors and warnings, requests beside the page itself.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));
const { chromium } = require("playwright-core");
const question = JSON.parse(readFileSync(0, "utf8"));
const url = pathToFileURL(question.page).href;

async function look(browser, view) {
  const context = await browser.newContext({
    viewport: { width: view.width ?? 1200, height: 900 },
    colorScheme: view.scheme ?? "light",
    javaScriptEnabled: view.scripts ?? true,
    offline: true,
  });
  const page = await context.newPage();
  const seen = { errors: [], requests: [], answers: {} };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("dialog", async (dialog) => {
    seen.errors.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== url) seen.requests.push(request.url());
  });
  await page.goto(url, { waitUntil: "load" });
  if (view.waitFor) await page.waitForSelector(view.waitFor, { state: "attached" });
  for (const [name, expression] of Object.entries(view.questions ?? {})) {
    seen.answers[name] = await page.evaluate(expression);
  }
  if (view.axe) {
    // Evaluated by the debugger, which a page's own policy does not stop.
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const found = await page.evaluate("axe.run()");
    seen.violations = found.violations.map(
      (one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html)}`,
    );
  }
  if (view.screenshot) await page.screenshot({ path: view.screenshot, fullPage: true });
  await context.close();
  return seen;
}

const browser = await chromium.launch({
  executablePath: join(folder, "chromium"),
  args: ["--no-sandbox"],
  env: {
    ...process.env,
    FONTCONFIG_PATH: join(folder, "fonts"),
    LD_LIBRARY_PATH: join(folder, "al2023", "lib"),
  },
});
const answer = {};
for (const view of question.views) answer[view.name] = await look(browser, view);
await browser.close();
process.stdout.write(JSON.stringify(answer));
