// What ECMA-262 says of patterns, by Node.js itself. Without arguments it writes table.json again from
// its own patterns and texts; with `--check` it says which entries of table.json are not so.
//
//   node tests/patterns/compute.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("table.json", import.meta.url);
const table = JSON.parse(readFileSync(file, "utf8"));

// `true` and `false` is whether it matches, `null` that it is no pattern. `(?i:..)` and `(?s:..)` are newer
// than the oldest Node that is used, and mean the flags where they are around the whole pattern.
function compile(pattern) {
  const group = /^\(\?([is]+):(.*)\)$/s.exec(pattern);
  return group ? new RegExp(group[2], "u" + group[1]) : new RegExp(pattern, "u");
}

function matches(pattern, text) {
  try {
    return compile(pattern).test(text);
  } catch (error) {
    return null;
  }
}

// The code points up to `last`, and the special ones, that `before + point + after` matches with, as ranges.
function ranges({ pattern, before, after }, last, specials) {
  const regex = compile(pattern);
  const found = [];
  const points = [...Array(last + 1).keys(), ...specials];
  for (const point of points) {
    if (!regex.test(before + String.fromCodePoint(point) + after)) continue;
    const range = found.at(-1);
    if (range && range[1] === point - 1) range[1] = point;
    else found.push([point, point]);
  }
  return found;
}

const computed = {
  about: table.about,
  last: table.last,
  specials: table.specials,
  classes: table.classes.map((entry) => ({ ...entry, ranges: ranges(entry, table.last, table.specials) })),
  cases: table.cases.map(([pattern, texts]) => [
    pattern,
    Object.fromEntries(Object.keys(texts).map((text) => [text, matches(pattern, text)])),
  ]),
};

if (process.argv[2] === "--check") {
  const wrong = [];
  computed.classes.forEach((entry, index) => {
    if (JSON.stringify(entry.ranges) !== JSON.stringify(table.classes[index].ranges)) wrong.push(entry.pattern);
  });
  computed.cases.forEach(([pattern, texts], index) => {
    if (JSON.stringify(texts) !== JSON.stringify(table.cases[index][1])) wrong.push([pattern, texts]);
  });
  if (wrong.length > 0) {
    console.log(JSON.stringify(wrong, null, 1));
    process.exit(1);
  }
} else {
  const line = (entry) => "    " + JSON.stringify(entry);
  const list = (name, entries) => `  "${name}": [\n${entries.map(line).join(",\n")}\n  ]`;
  const head = ["about", "last", "specials"].map((name) => `  "${name}": ${JSON.stringify(computed[name])}`);
  const text = `{\n${[...head, list("classes", computed.classes), list("cases", computed.cases)].join(",\n")}\n}\n`;
  writeFileSync(file, text.replace(/[\u007f-\uffff]/g, (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0")));
}
