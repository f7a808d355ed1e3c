import assert from "node:assert/strict";
import { readReport } from "../../../tools/plan/read_report.ts";

function cell(calls: number, state: string) {
  return {
    calls,
    shards: 2,
    state,
    measured: {
      server: { all: 0.4, main: 0.1 },
      cpuPerCallCores: calls / 100_000,
      bytesPerCall: 200_000,
      idleBytes: 50_000_000,
    },
  };
}

function report(carried: number) {
  return JSON.stringify({
    cells: [cell(100, "met"), cell(300, "met"), cell(400, "failed")],
    verdicts: [{ shards: 1, carried: 100 }, { shards: 2, carried }],
  });
}

Deno.test("a report gives the cost at the most calls that met the limits", () => {
  const cost = readReport(report(300), "r.json");
  assert.equal(cost.cpuPerCallCores, 0.003);
  assert.equal(cost.mediaShare, 0.25);
  assert.equal(cost.carriedCalls, 300);
  assert.equal(cost.idleBytes, 50_000_000);
  assert.match(cost.source, /r\.json: 300 calls, 2 shard/);
});

Deno.test("a report is refused when no number of calls met the limits", () => {
  const text = JSON.stringify({
    cells: [cell(400, "failed")],
    verdicts: [{ shards: 2, carried: 0 }],
  });
  assert.throws(() => readReport(text, "r.json"), /no number of calls met/);
});

for (const text of ["", "{}", "[]", "null", '{"cells":[{}],"verdicts":[]}']) {
  Deno.test(`a report is refused when it is ${text || "empty"}`, () => {
    assert.throws(() => readReport(text, "r.json"), /it must be report\.json/);
  });
}
