// Says in words what a change of the contract breaks, and fails unless the changelog names it.
//
//   node changes.mjs BEFORE.json AFTER.json CHANGELOG.md

import { readFileSync } from "node:fs";
import { compareOpenApi } from "api-smart-diff";

const METHODS = ["get", "put", "post", "delete", "patch"];
const [before, after, changelog] = process.argv.slice(2);

const read = (path) => JSON.parse(readFileSync(path, "utf-8"));

// Clients have to expect values that they do not know: see docs/use/api-conventions.md.
const isNewValue = ({ action, path }) =>
  action === "add" && path.includes("responses") && path.includes("enum");

// Those of components appear again in each operation that uses them.
const breaks = (change) =>
  change.type === "breaking" && change.path[0] === "paths" && !isNewValue(change);

function operationsOf({ path: [, path, method] }, document) {
  const methods = method ? [method] : Object.keys(document.paths[path] ?? {});
  return methods.filter((each) => METHODS.includes(each)).map((each) => `${each.toUpperCase()} ${path}`);
}

function inWords({ action, path, description, before }) {
  const place = path.indexOf("enum");
  if (place > 0 && action === "remove") return `[Removed] the value ${before} of ${fieldAt(path, place)}`;
  return description ?? `[${action}] ${path.slice(3).join(" > ") || "the operation"}`;
}

function fieldAt(path, place) {
  const names = path.slice(3, place).filter((_, index, all) => all[index - 1] === "properties");
  const where = path.includes("requestBody") ? "the body" : path.includes("responses") ? "the answer" : "a parameter";
  return names.length > 0 ? `\`${names.join(".")}\` in ${where}` : where;
}

// Of copies, as it resolves references in what it is given.
const compare = (one, other) => compareOpenApi(structuredClone(one), structuredClone(other)).diffs;

const nameOf = ({ action, path }) => JSON.stringify([action, path]);

function brokenOperations(old, present) {
  // What is said of a document that has not changed: such as media types with a wildcard.
  const breaking = compare(old, present).filter(breaks);
  const noise = new Set(breaking.length > 0 ? compare(old, old).map(nameOf) : []);
  const broken = new Map();
  for (const change of breaking) {
    if (noise.has(nameOf(change))) continue;
    for (const operation of operationsOf(change, old)) {
      broken.set(operation, (broken.get(operation) ?? new Set()).add(inWords(change)));
    }
  }
  return broken;
}

// Operations stand in the section "Breaking" as `GET /api/v1/tasks`.
function namedIn(text) {
  const sections = text.split(/^### /m).filter((each) => each.startsWith("Breaking"));
  return new Set(sections.flatMap((each) => [...each.matchAll(/`([A-Z]+ \/[^`]*)`/g)].map(([, name]) => name)));
}

const named = namedIn(readFileSync(changelog, "utf-8"));
const broken = brokenOperations(read(before), read(after));
for (const [operation, reasons] of broken) {
  console.log(`${operation}${named.has(operation) ? " (named in the changelog)" : ""}`);
  for (const reason of reasons) console.log(`  ${reason}`);
}
const unnamed = [...broken.keys()].filter((operation) => !named.has(operation));
if (unnamed.length > 0) {
  console.log(`\nThis breaks clients. If it has to be, name in CHANGELOG.md, in a section "### Breaking":`);
  for (const operation of unnamed) console.log(`- \`${operation}\``);
  process.exitCode = 1;
} else if (broken.size === 0) {
  console.log("Nothing that clients rely on has changed.");
}
