import assert from "node:assert/strict";
import { ConfigurationError } from "../../../src/errors.ts";
import {
  readSamples,
  repeatingVoice,
  toneSamples,
} from "../../../src/simulator/freeswitch/caller_voice.ts";
import { parseCommandLine } from "../../../src/simulator/freeswitch/command_line.ts";
import { Recording } from "../../../src/simulator/freeswitch/recording.ts";
import { writeWav } from "../../../src/simulator/wav.ts";

Deno.test("the command line is read with its defaults", () => {
  const options = parseCommandLine(["--calls", "10", "--dtmf", "1@5s"]);
  assert.ok(options !== "help");
  assert.equal(options.esl, "127.0.0.1:8084");
  assert.equal(options.calls, 10);
  assert.equal(options.tries, 1);
  assert.equal(options.codec.name, "PCMA");
  assert.equal(options.wavPath, undefined);
  assert.deepEqual(options.keys, [{ digit: "1", atMs: 5000 }]);
  assert.equal(parseCommandLine(["--help"]), "help");
  const long = parseCommandLine(["--rate", "48000", "--ptime", "60"]);
  assert.ok(long !== "help");
  const opus = { name: "opus", rateHz: 48_000, frameMs: 60 };
  assert.deepEqual(long.codec, opus);
});

Deno.test("every mistake of the command line is told at once", () => {
  const args =
    "--calls 0 --tries 21 --seconds x --rate 44100 --ptime 25 --esl nowhere --dtmf 1-5";
  assert.throws(
    () => parseCommandLine(args.split(" ")),
    (error) =>
      error instanceof ConfigurationError && error.problems.length === 7,
  );
  assert.throws(() => parseCommandLine(["--bogus"]), ConfigurationError);
  assert.throws(() => parseCommandLine(["--calls"]), ConfigurationError);
});

Deno.test("the tool ends with 2 and a clear message when an option is wrong", async () => {
  const tool = new URL(
    "../../../tools/simulate_freeswitch.ts",
    import.meta.url,
  );
  const run = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--unstable-net",
      "--allow-read",
      tool.pathname,
      "--wav",
      "/nowhere.wav",
    ],
    stderr: "piped",
    stdout: "piped",
  });
  const { code, stderr } = await run.output();
  assert.equal(code, 2);
  assert.match(new TextDecoder().decode(stderr), /--wav \/nowhere\.wav: /);
});

Deno.test("a voice repeats its samples across frames", () => {
  const voice = repeatingVoice(Int16Array.of(1, 2, 3));
  const frame = new Int16Array(4);
  assert.equal(voice(frame, 0), true);
  assert.deepEqual([...frame], [1, 2, 3, 1]);
  voice(frame, 1);
  assert.deepEqual([...frame], [2, 3, 1, 2]);
  assert.equal(repeatingVoice(new Int16Array(0))(frame, 0), false);
});

Deno.test("a WAV file of another rate comes out at the line's", async () => {
  const samples = await readSamples(
    writeWav(toneSamples(24_000), 24_000),
    8000,
  );
  assert.ok(samples.length >= 24_000 && samples.length < 24_800);
  const loudest = samples.reduce((most, s) => Math.max(most, Math.abs(s)), 0);
  assert.ok(loudest > 7500 && loudest < 8500, `loudest ${loudest}`);
  await assert.rejects(readSamples(new Uint8Array(9), 8000), TypeError);
});

Deno.test("a recording keeps silence where nothing was heard, and grows", () => {
  const recording = new Recording(8000, 20);
  recording.add(new Int16Array(160).fill(5));
  recording.add(undefined);
  for (let tick = 2; tick < 1000; tick++) {
    recording.add(new Int16Array(160).fill(7));
  }
  assert.equal(recording.samples.length, 160_000);
  assert.deepEqual(
    [0, 159, 160, 319, 320].map((at) => recording.samples[at]),
    [5, 5, 0, 0, 7],
  );
});
