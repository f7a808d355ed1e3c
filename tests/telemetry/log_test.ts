import assert from "node:assert/strict";
import { createLog, type LogOptions } from "../../src/telemetry/log.ts";

const NOW = "2026-11-23T08:00:00.000Z";

function record(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: "debug",
    showPii: false,
    sink: (line) => lines.push(line),
    now: () => new Date(NOW),
    ...options,
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "null") };
}

Deno.test("a line is one JSON text with the time, the level, the message and the facts", () => {
  const { log, lines, last } = record();
  log.info("It happened", { callId: "a", count: 2, big: 3n });
  assert.equal(lines.length, 1);
  assert.deepEqual(last(), {
    time: NOW,
    level: "info",
    message: "It happened",
    callId: "a",
    count: 2,
    big: "3",
  });
});

Deno.test("a line never has a line break, whatever is in its facts", () => {
  const { log, lines } = record();
  log.info("a\nb", { text: "c\r\n\u2028d" });
  assert.ok(!/[\r\n]/.test(lines[0]));
});

Deno.test("lines below the level are left out", () => {
  const { log, lines } = record({ level: "warn" });
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assert.deepEqual(lines.map((line) => JSON.parse(line).message), ["c", "d"]);
});

Deno.test("personal data is redacted, wherever it was bound", () => {
  const { log, lines, last } = record();
  const pii = { number: "13800000000" };
  log.info("a", { pii });
  assert.equal(last().pii, "redacted");
  log.with({ pii }).info("b", { callId: "x" });
  log.with({ pii }).with({ shard: 1 }).error("c");
  assert.equal(lines.length, 3);
  assert.ok(!lines.join().includes("138"));
});

Deno.test("personal data is written when the operator asks for it", () => {
  const { log, last } = record({ showPii: true });
  log.info("a", { pii: { number: "138" } });
  assert.deepEqual(last().pii, { number: "138" });
});

Deno.test("an error is written with its kind and all of its causes", () => {
  const { log, last } = record();
  const root = new TypeError("root");
  const cause = new Error("middle", { cause: root });
  log.error("a", { error: new RangeError("top", { cause }) });
  assert.deepEqual(last().error, {
    name: "RangeError",
    message: "top",
    cause: {
      name: "Error",
      message: "middle",
      cause: { name: "TypeError", message: "root" },
    },
  });
});

Deno.test("an error deep inside the facts, and a cause of 0, are written too", () => {
  const { log, last } = record();
  const error = new DOMException("late", "TimeoutError");
  log.warn("a", {
    end: { by: "control", error },
    other: [new Error("x", { cause: 0 })],
  });
  assert.deepEqual(last().end.error, { name: "TimeoutError", message: "late" });
  assert.deepEqual(last().other, [{ name: "Error", message: "x", cause: 0 }]);
});

Deno.test("facts that go round in a circle cost the facts, not the line", () => {
  const { log, last } = record();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  log.warn("a", circle);
  assert.partialDeepStrictEqual(last(), {
    time: NOW,
    level: "warn",
    message: "a",
  });
  assert.match(last().unserializable, /circular/);
});

Deno.test("an error that is its own cause costs the facts, not the line", () => {
  const { log, last } = record();
  const error = new Error("round");
  error.cause = error;
  log.error("a", { error });
  assert.equal(last().message, "a");
});

Deno.test("facts of a call stand in every line of its log, and newer ones win", () => {
  const { log, last } = record();
  const call = log.with({ callId: "a", turn: 1 });
  call.info("x", { turn: 2 });
  assert.partialDeepStrictEqual(last(), { callId: "a", turn: 2 });
  log.info("y");
  assert.equal(last().callId, undefined);
});
