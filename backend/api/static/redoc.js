"use strict";

const DOCUMENT = "/openapi.json";
const OPTIONS = { downloadDefinitionUrl: DOCUMENT, nativeScrollbars: true };
const INTRODUCTION_MS = 500; // Enough to be painted, and to begin to read.

const page = document.querySelector("#redoc");

function render(spec) {
  const element = document.createElement("div");
  page.replaceChildren(element);
  return new Promise((done) => Redoc.init(spec, OPTIONS, element, done));
}

// To render all operations takes ReDoc seconds, in which the page stands still.
async function show() {
  const spec = await (await fetch(DOCUMENT)).json();
  if (!location.hash) {
    await render({ ...spec, paths: {}, webhooks: {}, components: {} });
    await new Promise((done) => setTimeout(done, INTRODUCTION_MS));
  }
  await render(spec);
}

show();
