import assert from "node:assert/strict";
import { characterErrorRate } from "../../../tools/doctor/character_error_rate.ts";
import { TooLateError, withDeadline } from "../../../tools/doctor/deadline.ts";
import { readOptions } from "../../../tools/doctor/options.ts";
import { hideSecrets, quote } from "../../../tools/doctor/printable.ts";
import {
  readSettings,
  secretsOf,
} from "../../../tools/doctor/read_settings.ts";
import { forever, linesOf } from "./patient.ts";

Deno.test("a transcript is right when only punctuation and width differ", () => {
  const rate = characterErrorRate("你好，几点开门？OK", "你好 几点开门 ｏｋ。");
  assert.equal(rate, 0);
});

const WRITTEN: [written: string, rate: number][] = [
  ["一二三五", 0.25],
  ["一二三", 0.25],
  ["一二三四五", 0.25],
  ["", 1],
  ["五六七八九", 1.25],
];

for (const [written, rate] of WRITTEN) {
  Deno.test(`a transcript of 一二三四 has ${rate} wrong when it is "${written}"`, () => {
    assert.equal(characterErrorRate("一二三四", written), rate);
  });
}

Deno.test("a transcript is judged quickly when it is huge", () => {
  assert.ok(characterErrorRate("一二三四", "五".repeat(10_000_000)) > 100);
});

Deno.test("a deadline ends work that obeys nothing", async () => {
  let inner: AbortSignal | undefined;
  const work = (signal: AbortSignal) => {
    inner = signal;
    return new Promise<never>(() => {});
  };
  const timed = withDeadline({ timeoutMs: 1, signal: forever() }, work);
  await assert.rejects(timed, TooLateError);
  assert.equal(inner?.aborted, true);
});

Deno.test("a deadline ends at once when its signal is aborted before or later", async () => {
  const end = new AbortController();
  const deadline = { timeoutMs: 100_000, signal: end.signal };
  const never = () => new Promise<never>(() => {});
  const running = withDeadline(deadline, never);
  end.abort(new Error("stopped"));
  await assert.rejects(running, /stopped/);
  await assert.rejects(withDeadline(deadline, never), /stopped/);
});

Deno.test("a deadline gives what the work gives, and leaves no timer", async () => {
  const deadline = { timeoutMs: 100_000, signal: forever() };
  assert.equal(await withDeadline(deadline, () => Promise.resolve(7)), 7);
  await assert.rejects(
    withDeadline(deadline, () => Promise.reject(new Error("own"))),
    /own/,
  );
});

Deno.test("a peer's words are short and without control characters", () => {
  assert.equal(quote("a\u001b[31m\r\nb\u2028c"), "a [31m b c");
  assert.equal(quote("x".repeat(500)).length, 201);
});

Deno.test("secrets are found in the settings and hidden in texts", () => {
  const key = "ab".repeat(32);
  const secrets = secretsOf({
    STEPFUN_API_KEY: "sk-first",
    QWEN_API_KEY: "sk-first-longer",
    FS_ESL_PASSWORD: "word-of-fs",
    REDIS_URL: "redis://me:p%40ssword@10.0.0.9:6379/0",
    SESSION_KEYS: `k1:${key},k2:${key}`,
    HOME: "/root",
  });
  const text =
    `sk-first-longer sk-first word-of-fs p%40ssword p@ssword ${key} k1 10.0.0.9 /root`;
  assert.equal(
    hideSecrets(text, secrets),
    "*** *** *** *** *** *** k1 10.0.0.9 /root",
  );
});

Deno.test("every mistake in the settings is a problem of its own", () => {
  const { findings, config } = readSettings({
    SHARDS: "0",
    STEPFUN_API_KEYS: "x",
  }, undefined);
  assert.equal(config, undefined);
  const lines = linesOf(findings);
  assert.ok(lines.some((line) => /^problem: SHARDS must be/.test(line)));
  assert.ok(lines.some((line) => /^problem: STEPFUN_API_KEYS/.test(line)));
  assert.ok(lines.some((line) => /^problem: STEPFUN_API_KEY must/.test(line)));
});

Deno.test("a file of settings counts less than the environment", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(
    file,
    "STEPFUN_API_KEY=sk-file # a remark\nSHARDS=3\nESL_PORT=8085\n",
  );
  const { config } = readSettings({ SHARDS: "2" }, file);
  await Deno.remove(file);
  assert.equal(config?.shards, 2);
  assert.equal(config?.esl.port, 8085);
  assert.equal(config?.model.suppliers.stepfun.apiKey, "sk-file");
});

Deno.test("a file of settings that is missing is a problem", () => {
  const { findings } = readSettings({}, "gone.env");
  assert.match(linesOf(findings)[0], /^problem: --env-file gone\.env cannot/);
});

Deno.test("personal data in the log is a warning", () => {
  const { findings } = readSettings({
    STEPFUN_API_KEY: "sk-test",
    LOG_PII: "show",
  }, undefined);
  assert.ok(linesOf(findings).some((line) => /^warning: LOG_PII/.test(line)));
});

const BAD: [args: string[], words: RegExp][] = [
  [["--fs-port", "0"], /--fs-port must be a port/],
  [["--fs-port", "8e3"], /--fs-port must be a port/],
  [["--fs-host", "a b"], /--fs-host must be printable/],
  [["--fs-password", "a\nb"], /--fs-password must be printable/],
  [["--rtp-ports", "5-4"], /--rtp-ports must be two ports/],
  [["--rtp-ports", "5"], /--rtp-ports must be a port/],
  [["--only", "model,brain"], /--only must list .* got "brain"/],
  [["--liveaudio"], /liveaudio/],
];

for (const [args, words] of BAD) {
  Deno.test(`doctor's options refuse ${JSON.stringify(args)}`, () => {
    assert.throws(() => readOptions(args), words);
  });
}
