// @xapi/xapi: statements, batches, paging, voiding, state and profiles, with the library's own calls.
"use strict";

const XAPI = require("@xapi/xapi");
const { ENDPOINT, KEY, SECRET, VERSION } = process.env;
const auth = `Basic ${Buffer.from(`${KEY}:${SECRET}`).toString("base64")}`;
const xapi = new XAPI({ endpoint: `${ENDPOINT}/`, auth, version: VERSION });

const agent = { objectType: "Agent", mbox: "mailto:xapi.js@example.org" };
const activityId = `https://content.example/xapi.js/${VERSION}`;
const statement = (verb) => ({
  actor: agent,
  verb: { id: `http://adlnet.gov/expapi/verbs/${verb}`, display: { en: verb } },
  object: { objectType: "Activity", id: activityId, definition: { name: { en: "A course" } } },
});

async function main() {
  const seen = {};
  const about = await xapi.getAbout();
  seen.versions = about.data.version;
  const sent = await xapi.sendStatement({ statement: statement("experienced") });
  const batch = await xapi.sendStatements({ statements: ["attempted", "completed", "passed"].map(statement) });
  seen.ids = [...sent.data, ...batch.data];
  const one = await xapi.getStatement({ statementId: seen.ids[0] });
  seen.one = one.data.verb.id;
  const first = await xapi.getStatements({ activity: activityId, limit: 3 });
  const next = await xapi.getMoreStatements({ more: first.data.more });
  seen.pages = [first.data.statements.length, next.data.statements.length, next.data.more];
  await xapi.voidStatement({ actor: agent, statementId: seen.ids[3] });
  const voided = await xapi.getVoidedStatement({ voidedStatementId: seen.ids[3] });
  seen.voided = voided.data.id;
  const left = await xapi.getStatements({ activity: activityId, verb: statement("passed").verb.id });
  seen.left = left.data.statements.map((found) => found.object.objectType);
  await xapi.setState({ agent, activityId, stateId: "place", state: { page: 7 } });
  await xapi.createState({ agent, activityId, stateId: "place", state: { mark: "é" } });
  seen.state = (await xapi.getState({ agent, activityId, stateId: "place" })).data;
  seen.states = (await xapi.getStates({ agent, activityId })).data;
  await xapi.deleteState({ agent, activityId, stateId: "place" });
  await xapi.createAgentProfile({ agent, profileId: "likes", profile: { colour: "plum" } });
  const profile = await xapi.getAgentProfile({ agent, profileId: "likes" });
  seen.profile = profile.data;
  const changed = { agent, profileId: "likes", profile: { colour: "blue" }, etag: profile.headers.etag, matchHeader: "If-Match" };
  seen.changed = (await xapi.setAgentProfile(changed)).status;
  seen.stale = await xapi.setAgentProfile(changed).then(() => "taken", (error) => error.response.status);
  seen.person = (await xapi.getAgent({ agent })).data;
  seen.activity = (await xapi.getActivity({ activityId })).data;
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error.response ? `${error.response.status} ${JSON.stringify(error.response.data)}` : error);
  process.exit(1);
});
