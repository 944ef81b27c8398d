// Writes collections for Postman and Bruno, which both import them from a file.
//
//   node collections.mjs openapi.json

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { openApiToBruno } from "@usebruno/converters";
import postman from "openapi-to-postmanv2";

const FOLDER = new URL("./collections/", import.meta.url);

const write = (name, collection) => {
  writeFileSync(new URL(name, FOLDER), `${JSON.stringify(collection, null, 2)}\n`);
  console.log(`clients/contract/collections/${name}`);
};

function forPostman(document) {
  const options = { folderStrategy: "Tags", parametersResolution: "Example" };
  return new Promise((resolve, reject) => {
    postman.convertV2({ type: "json", data: document }, options, (error, done) => {
      if (error || !done.result) reject(error ?? new Error(done.reason));
      else resolve(done.output[0].data);
    });
  });
}

const document = JSON.parse(readFileSync(process.argv[2], "utf-8"));
mkdirSync(FOLDER, { recursive: true });
write("postman.json", await forPostman(structuredClone(document)));
write("bruno.json", await openApiToBruno(structuredClone(document)));
