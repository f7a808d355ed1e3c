import assert from "node:assert/strict";
import { LineSink, type LineTarget } from "../../src/telemetry/line_sink.ts";

/** Where lines go; takes `most` bytes at a time, and waits at its gate. */
class Target implements LineTarget {
  gate: Promise<void> = Promise.resolve();
  broken = false;
  most = Infinity;
  #bytes: number[] = [];

  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    if (this.broken) throw new Deno.errors.BrokenPipe("nobody reads");
    const count = Math.min(this.most, bytes.length);
    this.#bytes.push(...bytes.subarray(0, count));
    return count;
  }

  get lines(): string[] {
    const text = new TextDecoder().decode(Uint8Array.from(this.#bytes));
    assert.ok(text === "" || text.endsWith("\n"));
    return text.split("\n").slice(0, -1);
  }
}

function open() {
  const target = new Target();
  return { target, sink: new LineSink(target) };
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `line ${i}`);

Deno.test("lines are written in order", async () => {
  const { target, sink } = open();
  for (const line of numbered(50)) {
    sink.write(line);
    if (line.endsWith("7")) await sink.flush();
  }
  await sink.flush();
  assert.deepEqual(target.lines, numbered(50));
});

Deno.test("a target that takes a few bytes at a time gets every line whole", async () => {
  const { target, sink } = open();
  target.most = 3;
  for (const line of ["你好", "b".repeat(100), ""]) sink.write(line);
  await sink.flush();
  assert.deepEqual(target.lines, ["你好", "b".repeat(100), ""]);
});

Deno.test("a target that is slow never makes the writer wait, and what is too much is counted", async () => {
  const { target, sink } = open();
  const gate = Promise.withResolvers<void>();
  target.gate = gate.promise;
  for (const line of numbered(12_001)) sink.write(line);
  assert.deepEqual(target.lines, []);
  gate.resolve();
  await sink.flush();
  // One line was under way, 10,000 waited.
  const lines = target.lines;
  const told = lines.pop() ?? "";
  assert.deepEqual(lines, numbered(10_001));
  assert.deepEqual(JSON.parse(told), {
    level: "warn",
    message: "Log lines were dropped",
    lines: 2000,
  });
  sink.write("next");
  await sink.flush();
  assert.deepEqual(target.lines.slice(-2), [told, "next"]);
});

Deno.test("a target that breaks does not hurt the writer, and the loss is told when it heals", async () => {
  const { target, sink } = open();
  target.broken = true;
  for (let i = 0; i < 3; i++) {
    sink.write(`lost ${i}`);
    await sink.flush();
  }
  target.broken = false;
  sink.write("kept");
  await sink.flush();
  assert.deepEqual(target.lines[0], "kept");
  assert.equal(JSON.parse(target.lines[1]).lines, 3);
});

Deno.test("lines that come while a write fails are written by the next", async () => {
  const { target, sink } = open();
  const gate = Promise.withResolvers<void>();
  target.gate = gate.promise;
  target.broken = true;
  sink.write("lost");
  sink.write("waits");
  gate.resolve();
  await sink.flush();
  target.broken = false;
  sink.write("next");
  await sink.flush();
  assert.deepEqual(target.lines.slice(0, 2), ["waits", "next"]);
});

Deno.test("a target that takes nothing counts as broken", async () => {
  const { target, sink } = open();
  target.most = 0;
  sink.write("lost");
  await sink.flush();
  target.most = Infinity;
  sink.write("kept");
  await sink.flush();
  assert.equal(target.lines[0], "kept");
});

Deno.test("a flush ends although the target never takes anything", async () => {
  const sink = new LineSink({ write: () => new Promise<number>(() => {}) });
  sink.write("a");
  await sink.flush(1);
});
