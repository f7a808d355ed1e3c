import assert from "node:assert/strict";
import { sign } from "hono/jwt";
import { type TicketCall, Tickets } from "../../../src/http/gateway/ticket.ts";

const KEY = "a key of a site that is long";
const CALL: TicketCall = {
  callId: "5b1a8f0e-3d52-4a0c-9c4e-0f3c1c1f9a11",
  assistantId: "sales",
  rateHz: 16000,
  callerName: "张",
  callerNumber: "13800138000",
  calledNumber: "1000",
  answered: false,
};
const LATER_MS = Math.floor(Date.now() / 1000) * 1000 + 60_000;

Deno.test("a ticket tells its call to every node that has the key", async () => {
  const ticket = await new Tickets(KEY).issue(CALL, LATER_MS);
  const read = await new Tickets(KEY).read(ticket);
  assert.deepEqual(read, { call: CALL, untilMs: LATER_MS });
});

Deno.test("a ticket can be offered as a WebSocket protocol", async () => {
  const ticket = await new Tickets(KEY).issue(CALL, LATER_MS);
  assert.match(ticket, /^[0-9A-Za-z_.-]+$/);
});

Deno.test("a ticket is good until its time", async () => {
  const ticket = await new Tickets(KEY).issue(CALL, Date.now() - 1000);
  assert.equal(await new Tickets(KEY).read(ticket), undefined);
});

Deno.test("a ticket of another key is none", async () => {
  const ticket = await new Tickets("another key").issue(CALL, LATER_MS);
  assert.equal(await new Tickets(KEY).read(ticket), undefined);
});

Deno.test("a ticket that was changed anywhere is none", async () => {
  const tickets = new Tickets(KEY);
  const ticket = await tickets.issue(CALL, LATER_MS);
  for (let at = 0; at < ticket.length; at += 7) {
    // The last bits of a part may say nothing: a change that is one is made.
    const other = ticket[at] === "A" ? "Q" : "A";
    const changed = ticket.slice(0, at) + other + ticket.slice(at + 1);
    assert.equal(await tickets.read(changed), undefined, `at ${at}`);
  }
});

const FOREIGN: [what: string, claims: Record<string, unknown>][] = [
  ["of another audience", { call: CALL, aud: "other", exp: 1e10 }],
  ["without an audience", { call: CALL, exp: 1e10 }],
  ["without a call", { aud: "vapi-browser-call", exp: 1e10 }],
  ["whose call is none", {
    call: { ...CALL, callId: "a\nb" },
    aud: "vapi-browser-call",
    exp: 1e10,
  }],
];
for (const [what, claims] of FOREIGN) {
  Deno.test(`a token of the same key ${what} is no ticket`, async () => {
    const token = await sign(claims, KEY, "HS256");
    assert.equal(await new Tickets(KEY).read(token), undefined);
  });
}

Deno.test("a token that nobody signed is no ticket", async () => {
  const part = (value: unknown) =>
    btoa(JSON.stringify(value)).replaceAll("=", "");
  const head = part({ alg: "none", typ: "JWT" });
  const body = part({
    call: { ...CALL, callerName: "" },
    aud: "vapi-browser-call",
    exp: 1e10,
  });
  for (const token of [`${head}.${body}.`, `${head}.${body}`, "", ".", "..."]) {
    assert.equal(await new Tickets(KEY).read(token), undefined);
  }
});
