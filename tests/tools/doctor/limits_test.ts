import assert from "node:assert/strict";
import {
  checkLimits,
  judgeLimits,
  type KernelLimits,
  parseLimits,
} from "../../../tools/doctor/check_limits.ts";
import { judgeClock } from "../../../tools/doctor/judge_clock.ts";
import {
  checkMediaIo,
  checkRuntime,
  checkVersion,
} from "../../../tools/doctor/check_runtime.ts";
import { linesOf, patient } from "./patient.ts";

const GOOD: KernelLimits = {
  softFiles: 4000,
  hardFiles: 8000,
  receiveBufferBytes: 212_992,
  ephemeralPorts: [32_768, 60_999],
  droppedDatagrams: 0,
};
const NEED = { calls: 1000, rtpPorts: [16_384, 32_767] };

function judge(
  changes: Partial<KernelLimits>,
  need: Partial<typeof NEED> = {},
) {
  return linesOf(judgeLimits({ ...GOOD, ...changes }, { ...NEED, ...need }));
}

Deno.test("limits are well when they suffice", () => {
  assert.deepEqual(judge({}).filter((line) => !line.startsWith("ok")), []);
});

Deno.test("too few files are a problem that says what to do below the hard limit", () => {
  const [line] = judge({ softFiles: 1024 });
  assert.match(line, /^problem: 1024 .* need 3150 → ulimit -n 3150/);
  assert.match(line, /MAX_CONNECTIONS to 291/);
});

Deno.test("too few files are a problem that names the hard limit when that is too low", () => {
  const [line] = judge({ softFiles: 1024, hardFiles: 2000 });
  assert.match(line, /→ raise the hard limit to 3150/);
});

Deno.test("a small buffer is a problem and dropped datagrams are a warning", () => {
  assert.match(judge({ receiveBufferBytes: 4096 })[1], /^problem/);
  assert.match(judge({ droppedDatagrams: 3 })[1], /^warning: .*; 3 datagrams/);
});

Deno.test("ports that overlap FreeSWITCH's by one are a problem", () => {
  const [, , line] = judge({}, { rtpPorts: [16_384, 32_768] });
  assert.match(line, /^problem: .*overlap.* → sysctl .*"32769 60999"/);
});

Deno.test("too few ports are a problem", () => {
  const [, , line] = judge({ ephemeralPorts: [60_000, 60_999] });
  assert.match(line, /^problem: .*too few for 1000 calls/);
});

Deno.test("the kernel's limits are read when the shell prints them", () => {
  const text = `1024\nunlimited\n212992\n32768\t60999
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
Udp: 5 6 7 8 9 10\n`;
  assert.deepEqual(parseLimits(text), {
    softFiles: 1024,
    hardFiles: Infinity,
    receiveBufferBytes: 212_992,
    ephemeralPorts: [32_768, 60_999],
    droppedDatagrams: 9,
  });
});

for (const text of ["", "1\n2\n3\n", "x\n2\n3\n4 5\nUdp: a\nUdp: 1\n"]) {
  Deno.test(`the kernel's limits are refused when the shell prints ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseLimits(text), TypeError);
  });
}

Deno.test("this machine's limits can be read", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const findings = await checkLimits(patient());
  assert.ok(findings.length >= 3, linesOf(findings).join("\n"));
});

Deno.test("a clock is well, doubtful or harmful by how far it is off", () => {
  assert.equal(judgeClock("x", 1000).state, "ok");
  assert.match(
    linesOf([judgeClock("x", -5000)])[0],
    /^warning: .*5\.0 s behind/,
  );
  assert.match(linesOf([judgeClock("x", 90_000)])[0], /^problem: .*ahead of x/);
});

Deno.test("an older Deno is a problem and a newer one a warning", () => {
  assert.equal(checkVersion("2.9.6").state, "ok");
  assert.equal(checkVersion("2.10.0").state, "warning");
  assert.equal(checkVersion("2.8.9").state, "problem");
  assert.equal(checkVersion("1.46.3").state, "problem");
});

Deno.test("a C library that cannot be loaded is a problem only when polling is asked for", () => {
  const none = { why: "no path exists" };
  assert.equal(checkMediaIo("poll", none).state, "problem");
  assert.equal(checkMediaIo("auto", none).state, "warning");
  assert.equal(checkMediaIo("async", none).state, "ok");
  assert.equal(checkMediaIo("poll", { path: "/lib/libc.so.6" }).state, "ok");
});

Deno.test("a permission that the task start lacks is a problem", async () => {
  const startFlags = ["--allow-net", "--allow-env=A", "--allow-read"];
  const lines = linesOf(await checkRuntime({ ...patient(), startFlags }));
  assert.match(lines[1], /^problem: .*lacks --allow-sys →/);
});
