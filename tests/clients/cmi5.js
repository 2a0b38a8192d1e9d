// @xapi/cmi5: an assignable unit, launched as an LMS would, from initialized to terminated.
"use strict";

const http = require("http");
globalThis.XMLHttpRequest = require("xhr2"); // the library comes built for browsers only
const Cmi5 = require("./node_modules/@xapi/cmi5/dist/Cmi5.umd.js");
const { ENDPOINT, KEY, SECRET, REGISTRATION, ACTIVITY } = process.env;
const token = Buffer.from(`${KEY}:${SECRET}`).toString("base64");
const actor = { objectType: "Agent", account: { homePage: "https://lms.example", name: "17" } };

// The LMS's fetch URL: gives the token once.
const lms = http.createServer((request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ "auth-token": token }));
});

async function main() {
  await new Promise((resolve) => lms.listen(0, "127.0.0.1", resolve));
  const unit = new Cmi5({
    endpoint: `${ENDPOINT}/`,
    fetch: `http://127.0.0.1:${lms.address().port}/fetch`,
    actor,
    activityId: ACTIVITY,
    registration: REGISTRATION,
  });
  await unit.initialize();
  await unit.progress(50);
  await unit.interactionChoice("quiz", "q1", ["a"], ["a", "b"], [
    { id: "a", description: { en: "First" } },
    { id: "b", description: { en: "Second" } },
  ]);
  await unit.pass(0.9);
  await unit.complete();
  await unit.terminate();
  console.log(JSON.stringify({ launch: unit.launchData.launchMode, preferences: unit.getLearnerPreferences() }));
}

main()
  .catch((error) => {
    console.error(error.response ? `${error.response.status} ${JSON.stringify(error.response.data)}` : error);
    process.exitCode = 1;
  })
  .finally(() => lms.close());
