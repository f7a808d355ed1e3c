import assert from "node:assert/strict";
import {
  MOST_HEAD_BYTES,
  readUpgradeHead,
} from "../../../src/http/gateway/upgrade_head.ts";

const FIRST = "GET /ws HTTP/1.1\r\n";

/** A head with one header of this name, colon and value. */
function read(line: string) {
  return readUpgradeHead(FIRST + line);
}

const SPACES = " ".repeat(MOST_HEAD_BYTES - FIRST.length - 3);
/** Half of {@linkcode SPACES}. */
const HALF = SPACES.slice(SPACES.length / 2);
const LONG: [what: string, line: string, isHead: boolean][] = [
  ["spaces", `a:${SPACES}`, true],
  ["spaces before a word", `a:${SPACES}b`, true],
  ["spaces around a word", `a:${HALF}b${HALF}`, true],
  ["spaces before a bare LF", `a:${SPACES}\n`, false],
  ["spaces before a bare CR", `a:${SPACES}\r`, false],
  ["spaces around a bare LF", `a:${HALF}\n${HALF}`, false],
  ["tabs before a bare LF", `a:${SPACES.replaceAll(" ", "\t")}\n`, false],
  ["words before a bare LF", `a:${SPACES.replaceAll("  ", " b")}\n`, false],
  ["a name", SPACES.replaceAll(" ", "a"), false],
];
for (const [what, line, isHead] of LONG) {
  Deno.test(`8 KiB of ${what} are judged at once`, () => {
    const fromMs = performance.now();
    assert.equal(read(line) !== undefined, isHead);
    // Tried in every way, spaces take minutes.
    assert.ok(performance.now() - fromMs < 1000);
  });
}

const VALUES: [line: string, value: string][] = [
  ["A:b", "b"],
  ["A: \t b c \t ", "b c"],
  ["A:", ""],
  ["A: \t", ""],
  ["A: \xa0b\xe9\xa0", "\xa0b\xe9\xa0"],
  ["A: b: c", "b: c"],
];
for (const [line, value] of VALUES) {
  Deno.test(`the header ${JSON.stringify(line)} is ${JSON.stringify(value)}`, () => {
    assert.equal(read(line)?.headers.a, value);
  });
}

for (const line of ["A: b\nC: d", "A: \0", "A: b\x07c", "A: \x7f", "A: b\r"]) {
  Deno.test(`the header ${JSON.stringify(line)} is refused`, () => {
    assert.equal(read(line), undefined);
  });
}
