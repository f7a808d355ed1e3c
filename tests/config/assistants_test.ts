import assert from "node:assert/strict";
import { KEY, load, problemsOf } from "../support/config_sources.ts";

const PATH = "/etc/assistants.json";
const ENVIRONMENT = { ...KEY, ASSISTANTS_FILE: PATH };
const DEFAULT = { name: "A", instructions: "Be brief." };

function problemsWith(text: string): readonly string[] {
  return problemsOf(ENVIRONMENT, { [PATH]: text });
}

const BAD: ReadonlyArray<[what: string, text: string, problem: RegExp]> = [
  ["no JSON", "{", /cannot be read: \/etc\/assistants.json/],
  ["nothing", "", /cannot be read/],
  ["a list", "[]", /must be a JSON object/],
  ["null", "null", /must be a JSON object/],
  ["a number", "7", /must be a JSON object/],
  ["no default", "{}", /must have an assistant "default"/],
  ["an id with a space", entry("a b", DEFAULT), /an id must be .* "a b"/],
  ["an empty id", entry("", DEFAULT), /an id must be/],
  ["an id too long", entry("x".repeat(65), DEFAULT), /an id must be/],
  ["no object", entry("x", "text"), /: x: /],
  ["no name", entry("x", { instructions: "a" }), /: x\.name: /],
  [
    "blank instructions",
    entry("x", { ...DEFAULT, instructions: "  " }),
    /: x\.instructions: must not be empty/,
  ],
  [
    "a misspelt field",
    entry("x", { ...DEFAULT, greetings: "hi" }),
    /: x: .*greetings/,
  ],
  [
    "a model that is a number",
    entry("x", { ...DEFAULT, model: 2 }),
    /: x\.model: /,
  ],
  [
    "a supplier that is unknown",
    entry("x", { ...DEFAULT, suppliers: ["acme"] }),
    /: x\.suppliers: must name suppliers of stepfun, qwen, openai, got "acme"/,
  ],
  [
    "no supplier",
    entry("x", { ...DEFAULT, suppliers: [] }),
    /: x\.suppliers: must name a supplier/,
  ],
  [
    "a supplier twice",
    entry("x", { ...DEFAULT, suppliers: ["stepfun", "stepfun"] }),
    /: x\.suppliers: must name each supplier once/,
  ],
  [
    "a silence too short",
    entry("x", { ...DEFAULT, turnDetection: { silenceDurationMs: 19 } }),
    /: x\.turnDetection\.silenceDurationMs: /,
  ],
  [
    "a threshold beyond StepFun's",
    entry("x", {
      ...DEFAULT,
      turnDetection: { energyAwakenessThreshold: 5001 },
    }),
    /: x\.turnDetection\.energyAwakenessThreshold: /,
  ],
];

function entry(id: string, assistant: unknown): string {
  return JSON.stringify({ default: DEFAULT, [id]: assistant });
}

for (const [what, text, problem] of BAD) {
  Deno.test(`an assistants file with ${what} is one mistake, which says where`, () => {
    const problems = problemsWith(text);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0], problem);
    assert.match(problems[0], /^ASSISTANTS_FILE/);
  });
}

Deno.test("every mistake in an assistants file is reported", () => {
  const text = JSON.stringify({
    a: {},
    "b b": DEFAULT,
    c: { ...DEFAULT, x: 1 },
  });
  const problems = problemsWith(text);
  for (const where of ["a.name", "a.instructions", '"b b"', "c: "]) {
    const about = problems.filter((line) => line.includes(where));
    assert.equal(about.length, 1, where);
  }
});

Deno.test("an assistant that names no model, voice or turn detection gets the usual", () => {
  const other = { ...DEFAULT, model: "m", voice: "v", greeting: " hello " };
  const text = JSON.stringify({ default: DEFAULT, other });
  const environment = { ...ENVIRONMENT, STEPFUN_MODEL: "step-audio-2-mini" };
  const { assistants } = load(environment, { [PATH]: text });
  assert.deepEqual([...assistants.keys()], ["default", "other"]);
  assert.deepEqual(assistants.get("default"), {
    ...DEFAULT,
    id: "default",
    greeting: undefined,
    suppliers: [{
      supplier: "stepfun",
      model: "step-audio-2-mini",
      voice: "qingchunshaonv",
    }],
    turnDetection: {
      prefixPaddingMs: 500,
      silenceDurationMs: 500,
      energyAwakenessThreshold: 2500,
    },
    functions: [],
  });
  assert.partialDeepStrictEqual(assistants.get("other"), {
    suppliers: [{ supplier: "stepfun", model: "m", voice: "v" }],
    greeting: "hello",
  });
});

Deno.test("without a file one assistant answers, and greets", () => {
  const { assistants } = load(KEY);
  assert.deepEqual([...assistants.keys()], ["default"]);
  assert.ok(assistants.get("default")?.greeting);
});

Deno.test("a field named __proto__ is an assistant like any other", () => {
  const text = `{"default":${JSON.stringify(DEFAULT)},"__proto__":{}}`;
  assert.ok(problemsWith(text).some((line) => line.includes("__proto__")));
});

Deno.test("an assistant's own suppliers have their usual models and voices, but for what it says", () => {
  const own = {
    ...DEFAULT,
    voice: "v",
    suppliers: ["qwen", "stepfun", { supplier: "openai", voice: "cedar" }],
  };
  const keys = { QWEN_API_KEY: "q", OPENAI_API_KEY: "o", QWEN_MODEL: "big" };
  const config = load({ ...ENVIRONMENT, ...keys }, {
    [PATH]: JSON.stringify({ default: DEFAULT, own }),
  });
  assert.deepEqual(config.assistants.get("own")?.suppliers, [
    { supplier: "qwen", model: "big", voice: "Cherry" },
    { supplier: "stepfun", model: "step-audio-2", voice: "v" },
    { supplier: "openai", model: "gpt-realtime", voice: "cedar" },
  ]);
  assert.deepEqual(Object.keys(config.model.suppliers), [
    "stepfun",
    "qwen",
    "openai",
  ]);
});

Deno.test("a supplier that an assistant may use must have its key", () => {
  const own = { ...DEFAULT, suppliers: ["openai"] };
  const text = JSON.stringify({ default: DEFAULT, own });
  const problems = problemsWith(text);
  assert.equal(problems.length, 1);
  assert.match(problems[0], /^OPENAI_API_KEY must be set/);
});
