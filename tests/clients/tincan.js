// tincanjs: the client that much content of the last ten years carries with it.
"use strict";

const TinCan = require("tincanjs");
const { ENDPOINT, KEY, SECRET } = process.env;
const lrs = new TinCan.LRS({ endpoint: `${ENDPOINT}/`, username: KEY, password: SECRET, allowFail: false });
const agent = new TinCan.Agent({ mbox: "mailto:tincan.js@example.org", name: "Tin Can" });
const activity = new TinCan.Activity({ id: "https://content.example/tincan.js" });
const statement = (verb) =>
  new TinCan.Statement({ actor: agent, verb: { id: `http://adlnet.gov/expapi/verbs/${verb}` }, target: activity });

const called = (start) =>
  new Promise((resolve, reject) =>
    start((error, found) => (error === null ? resolve(found) : reject(new Error(`${error} ${found && found.responseText}`)))),
  );

async function main() {
  const seen = {};
  const first = statement("attempted");
  await called((callback) => lrs.saveStatement(first, { callback }));
  const others = [statement("completed"), statement("passed")];
  const payload = new TinCan.Attachment({
    usageType: "https://content.example/notes",
    display: { en: "Notes" },
    contentType: "text/plain",
    length: 5,
    content: new TextEncoder().encode("notes").buffer,
  });
  others[1].attachments = [payload];
  await called((callback) => lrs.saveStatements(others, { callback }));
  const found = await called((callback) => lrs.retrieveStatement(first.id, { callback }));
  seen.one = [found.id === first.id, found.verb.id];
  const page = await called((callback) => lrs.queryStatements({ params: { agent, limit: 2 }, callback }));
  const rest = await called((callback) => lrs.moreStatements({ url: page.more, callback }));
  seen.pages = [page.statements.length, rest.statements.length];
  const withNotes = await called((callback) =>
    lrs.retrieveStatement(others[1].id, { params: { attachments: true }, callback }),
  );
  seen.notes = Buffer.from(withNotes.attachments[0].content).toString();
  await called((callback) =>
    lrs.saveState("place", JSON.stringify({ page: 3 }), { agent, activity, contentType: "application/json", callback }),
  );
  const state = await called((callback) => lrs.retrieveState("place", { agent, activity, callback }));
  seen.state = [state.contents, state.contentType, typeof state.etag];
  await called((callback) => lrs.dropState("place", { agent, activity, callback }));
  seen.gone = await called((callback) => lrs.retrieveState("place", { agent, activity, callback }));
  await called((callback) =>
    lrs.saveActivityProfile("notes", "plain", { activity, contentType: "text/plain", callback }),
  );
  const profile = await called((callback) => lrs.retrieveActivityProfile("notes", { activity, callback }));
  seen.profile = [profile.contents, profile.contentType];
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
