import assert from "node:assert/strict";
import { readOptions } from "../../../tools/capacity/options.ts";

Deno.test("capacity's options have defaults, and lists are sorted without repeats", () => {
  const options = readOptions(["--shards", "4,1,2,4", "--calls", "400, 100"]);
  assert.deepEqual(options, {
    shards: [1, 2, 4],
    calls: [100, 400],
    seconds: 60,
    profile: "duplex",
    line: "telephone",
    rateHz: 8000,
    setupsPerSecond: 100,
    resampler: "polyphase",
    callers: undefined,
    models: undefined,
    again: false,
    overload: false,
    soak: 0,
    out: "out/capacity",
  });
});

Deno.test("capacity's options ask for help", () => {
  assert.equal(readOptions(["--help", "--calls", "x"]), undefined);
});

const BAD: [args: string[], words: RegExp][] = [
  [["--calls", "0"], /--calls must be a whole number from 1 to 20000, got "0"/],
  [["--calls", "10,"], /--calls must be .* got ""/],
  [["--calls", "1e3"], /--calls must be .* got "1e3"/],
  [["--seconds", "0"], /--seconds must be a whole number from 1 to 86400/],
  [["--seconds", "1.5"], /--seconds must be/],
  [["--profile", "trio"], /--profile must be one of duplex, turns, got "trio"/],
  [["--profile", "turns", "--seconds", "9"], /--seconds must be at least 10/],
  [["--shards", "65"], /--shards must be a whole number from 1 to 64/],
  [["--line", "fax"], /--line must be one of telephone, browser/],
  [["--rate", "44100"], /--rate must be one of 8000, 16000, 48000/],
  [["--setups", "0"], /--setups must be/],
  [["--resampler", "sox"], /--resampler must be one of/],
  [["--callers", "9"], /--callers must be a whole number from 1 to 8/],
  [["--soak", "-1"], /soak/],
  [["--out", " "], /--out must name a folder/],
  [["--cals", "4"], /--cals/],
  [["100"], /100/],
];

for (const [args, words] of BAD) {
  Deno.test(`capacity's options refuse ${args.join(" ")}`, () => {
    assert.throws(() => readOptions(args), words);
  });
}
