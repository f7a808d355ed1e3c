import assert from "node:assert/strict";
import { loadLibc } from "../src/net/libc.ts";

const PROGRAM =
  new URL("support/few_descriptors_program.ts", import.meta.url).pathname;
/** A process of Deno's has some 20 open at its start. */
const LIMIT = 100;

/** What a process says that has used up its descriptors but for those that it kept. */
async function run(what: string, reserved: number) {
  const script = `ulimit -n ${LIMIT} && exec "$@"`;
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: [
      "-c",
      script,
      "sh",
      Deno.execPath(),
      "run",
      "--allow-ffi",
      "--allow-net",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      PROGRAM,
      what,
      String(reserved),
    ],
    signal: AbortSignal.timeout(60_000),
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    said: decoder.decode(stdout).trim(),
    errors: decoder.decode(stderr),
  };
}

if (loadLibc() === undefined) {
  console.warn("Reserved descriptors are not tested: no C library");
} else {
  Deno.test("a thread is started when the process has no descriptor left but those it kept", async () => {
    const { code, said, errors } = await run("thread", 32);
    assert.equal(said, "up", errors);
    assert.equal(code, 0);
  });

  Deno.test("two threads are started at once when those that were kept are enough for both", async () => {
    const { code, said, errors } = await run("threads", 64);
    assert.equal(said, "up,up", errors);
    assert.equal(code, 0);
  });

  Deno.test("a thread is not started, and the process lives, when too few were kept", async () => {
    const { code, said, errors } = await run("thread", 6);
    assert.match(said, /OverloadError: .*too few file descriptors/, errors);
    assert.equal(code, 0);
  });

  Deno.test("HTTP is served again after there was no descriptor for a connection", async () => {
    const { code, said, errors } = await run("http", 0);
    assert.equal(said, "well", errors);
    assert.equal(code, 0);
  });

  Deno.test("a connection of FreeSWITCH is accepted when there is no descriptor left but those that were kept", async () => {
    const { code, said, errors } = await run("esl", 24);
    assert.equal(said, "1 refused", errors);
    assert.equal(code, 0);
  });
}
