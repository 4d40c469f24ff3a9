// Prints what Readability.js makes of a page, with the page's address added as `url`.
// Usage: node parse.cjs PAGE URL

const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");

// The packages are installed where the test runs this.
const load = createRequire(path.join(process.cwd(), "package.json"));
const { JSDOM } = load("jsdom");
const { Readability } = load("@mozilla/readability");

const [page, url] = process.argv.slice(2);
const { window } = new JSDOM(fs.readFileSync(page, "utf8"), { url });
console.log(JSON.stringify({ ...new Readability(window.document).parse(), url }));
