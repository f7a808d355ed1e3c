import assert from "node:assert/strict";
import { findLoad } from "../../../tools/plan/load.ts";
import { readOptions } from "../../../tools/plan/options.ts";

Deno.test("plan's options ask for help", () => {
  assert.equal(readOptions(["--help", "--peak", "x"]), undefined);
});

const BAD: [args: string[], words: RegExp][] = [
  [["--calls-per-day", "0"], /--calls-per-day must be a number from 1 to/],
  [["--calls-per-day", "1.5"], /--calls-per-day must be a whole number/],
  [["--calls-per-day", "1e4"], /--calls-per-day .* got "1e4"/],
  [["--calls-per-day", ""], /--calls-per-day .* got ""/],
  [["--minutes=-3"], /--minutes must be a number from .* got "-3"/],
  [["--minutes", "Infinity"], /--minutes/],
  [["--peak", "0.5"], /--peak must be a number from 1 to 100/],
  [["--reserve", "0.9"], /--reserve must be/],
  [["--days", "32"], /--days must be a number from 1 to 31/],
  [["--talk", "1.01"], /--talk must be a number from 0 to 1/],
  [["--use", "0"], /--use must be/],
  [["--places", "0"], /--places must be/],
  [["--report", " "], /--report must name a file/],
  [["--cals", "1"], /--cals/],
  [["100"], /100/],
];

for (const [args, words] of BAD) {
  Deno.test(`plan's options refuse ${args.join(" ")}`, () => {
    assert.throws(() => readOptions(args), words);
  });
}

Deno.test("a load beyond any installation is refused when each number alone is possible", () => {
  const options = readOptions(["--calls-per-day", "10000000", "--peak", "100"]);
  assert.throws(() => findLoad(options!), /at most 1000000 places/);
});
