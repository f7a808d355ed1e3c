import assert from "node:assert/strict";
import { judgeDialplan } from "../../../tools/doctor/judge_dialplan.ts";
import { linesOf } from "./patient.ts";

const HANGUP =
  `<action application="sched_hangup" data="+30 allotted_timeout"/>`;
const RETURN =
  '<action application="sched_transfer" data="+5 ${destination_number} XML ${context}"/>';
const GUARD = RETURN + HANGUP;

function judge(...actions: string[]): string[] {
  const xml = `<context><extension>${actions.join("\n")}</extension></context>`;
  return linesOf(judgeDialplan(xml, 8084));
}

function socket(data: string): string {
  return `<action application="socket" data="${data}"/>`;
}

Deno.test("a dialplan is well when a guarded socket names our port", () => {
  assert.deepEqual(judge(GUARD, socket("a:8084|b:8084 async full")), [
    "ok: the dialplan hands calls to port 8084",
  ]);
});

Deno.test("a dialplan is well when its attributes stand the other way round", () => {
  const action =
    "<action data='10.0.0.1:8084 full async' application='socket'/>";
  assert.match(judge(GUARD, action)[0], /^ok/);
});

Deno.test("a dialplan has a problem when no socket is in it", () => {
  assert.match(
    judge(`<action application="answer"/>`)[0],
    /^problem: the dialplan has no action socket/,
  );
});

Deno.test("a dialplan has a problem when its socket names another port", () => {
  for (const data of ["h:8021 async full", "h:80845 async full"]) {
    assert.match(judge(GUARD, socket(data))[0], /^problem: .*another port/);
  }
});

Deno.test("a dialplan has a problem when its socket stands in a comment", () => {
  const comment = `<!-- ${socket("h:8084 async full")} -->`;
  assert.match(judge(comment)[0], /^problem: .*no action socket/);
});

Deno.test("a dialplan has a problem when its socket is not async full", () => {
  for (const data of ["h:8084 async", "h:8084 full", "h:8084"]) {
    assert.match(judge(GUARD, socket(data))[0], /^problem: .*async full/);
  }
});

Deno.test("a dialplan has a warning when one of two sockets has no guard", () => {
  const one = socket("h:8084 async full");
  const lines = judge(GUARD, one, one);
  assert.match(lines[0], /^ok/);
  assert.match(lines[1], /^warning: .*sched_hangup/);
});

Deno.test("a dialplan has a warning when a call that is kept in silence is only hung up", () => {
  const lines = judge(HANGUP, socket("h:8084 async full"));
  assert.match(lines[0], /^ok/);
  assert.match(lines[1], /^warning: .*sched_transfer/);
});

Deno.test("a dialplan has a warning when a variable names the nodes", () => {
  const lines = judge(GUARD, socket("${nodes} async full"));
  assert.match(lines[0], /^warning: .*from a variable/);
});
