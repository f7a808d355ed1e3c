import assert from "node:assert/strict";
import { ClientEvents } from "../../../src/model/client_event.ts";
import { stepFunProfile } from "../../../src/model/stepfun_profile.ts";
import {
  findBandwidth,
  uplinkMessageBytes,
} from "../../../tools/plan/bandwidth.ts";
import { findLoad } from "../../../tools/plan/load.ts";
import { findMachines } from "../../../tools/plan/machines.ts";
import { readOptions } from "../../../tools/plan/options.ts";

const COST = {
  source: "a test",
  cpuPerCallCores: 0.002,
  mediaShare: 0.5,
  bytesPerCall: 300_000,
  carriedCalls: 200,
};

function machines(cost: Partial<typeof COST>, ...args: string[]) {
  const options = readOptions(args)!;
  const load = findLoad(options);
  return findMachines(load, { options, cost: { ...COST, ...cost } });
}

Deno.test("a node takes what was measured when its processors would carry more", () => {
  const { callsPerNode, bound, nodes } = machines({});
  assert.deepEqual([callsPerNode, bound, nodes], [200, "measured so far", 3]);
});

Deno.test("a node takes what its media thread carries when that gives way first", () => {
  const found = machines({ carriedCalls: 900 });
  assert.deepEqual([found.callsPerNode, found.bound], [600, "media thread"]);
});

Deno.test("a node takes what its processors carry when there are few of them", () => {
  const found = machines(
    { carriedCalls: 900, mediaShare: 0.1 },
    "--cores",
    "1",
  );
  assert.deepEqual([found.callsPerNode, found.bound], [300, "processors"]);
});

Deno.test("a node takes what the operator says when the option is set", () => {
  const found = machines({}, "--calls-per-node", "50");
  assert.deepEqual([found.callsPerNode, found.bound, found.nodes], [
    50,
    "option",
    6,
  ]);
});

Deno.test("a FreeSWITCH host is spare when the others carry all places", () => {
  assert.equal(machines({}).freeSwitchHosts, 2);
  assert.equal(machines({}, "--places", "1001").freeSwitchHosts, 4);
});

Deno.test("the calculated message to the model is as long as the server's own", () => {
  const events = new ClientEvents(stepFunProfile("step-audio-2"));
  const { before, after } = events.appendAudio;
  const speech = new Uint8Array(2 * 960).toBase64();
  const length = before.length + speech.length + after.length;
  assert.equal(uplinkMessageBytes(60, 16_000), length);
});

Deno.test("G.711 needs 87.2 kbit/s each way with all headers", () => {
  const options = readOptions([])!;
  const { rtpKbps, rtpMbps } = findBandwidth(findLoad(options), options);
  assert.equal(rtpKbps, 87.2);
  assert.equal(rtpMbps.toFixed(3), (210 * 0.0872).toFixed(3));
});
