import assert from "node:assert/strict";
import { KEY, load, problemsOf } from "../support/config_sources.ts";

const PATH = "/etc/assistants.json";
const ENVIRONMENT = { ...KEY, ASSISTANTS_FILE: PATH };

function fileWith(functions: unknown): Record<string, string> {
  const assistant = { name: "A", instructions: "Be brief.", functions };
  return { [PATH]: JSON.stringify({ default: assistant }) };
}

const FIND = {
  name: "find_order",
  description: "Finds an order.",
  url: "http://10.0.0.5:9000/orders",
};
const SEND = {
  name: "to_people",
  description: "Sends the caller to people.",
  transfer: { "售后": "8001" },
};
const BYE = { name: "bye", description: "Ends the call.", hangUp: true };

const BAD: ReadonlyArray<[what: string, value: unknown, problem: RegExp]> = [
  ["no list", {}, /: default\.functions: /],
  ["no name", [{ ...FIND, name: undefined }], /functions\.0\.name: /],
  ["a name with a space", [{ ...FIND, name: "a b" }], /functions\.0\.name: /],
  ["no description", [{ ...BYE, description: " " }], /0\.description: /],
  ["nothing to do", [{ name: "f", description: "d" }], /must have one of/],
  ["two things to do", [{ ...FIND, hangUp: true }], /must have one of/],
  ["a number with a space", [{ ...SEND, transfer: { a: "8 1" } }], /transfer/],
  ["a number with a line break", [{ ...SEND, transfer: { a: "8\n1" } }], /fer/],
  ["nobody to send to", [{ ...SEND, transfer: {} }], /must name a number/],
  ["hangUp false", [{ ...BYE, hangUp: false }], /hangUp/],
  ["no URL", [{ ...FIND, url: "orders" }], /http:\/\/ or https:\/\/ URL/],
  ["another protocol", [{ ...FIND, url: "file:///etc/passwd" }], /URL without/],
  ["a password", [{ ...FIND, url: "http://a:b@c/" }], /without credentials/],
  ["a time too long", [{ ...FIND, timeoutMs: 20_001 }], /timeoutMs: /],
  ["parameters of a list", [{ ...FIND, parameters: [] }], /parameters/],
  [
    "parameters of no object",
    [{ ...FIND, parameters: { type: "string" } }],
    /parameters\.type/,
  ],
  [
    "parameters without a URL",
    [{ ...BYE, parameters: { type: "object" } }],
    /0\.parameters: is only for a function with a url/,
  ],
  ["a misspelt field", [{ ...FIND, timeout: 7 }], /timeout/],
  ["one name twice", [FIND, { ...BYE, name: FIND.name }], /find_order once/],
  [
    "too many",
    Array.from({ length: 33 }, (_, i) => ({ ...BYE, name: `f${i}` })),
    /must be at most 32/,
  ],
];

for (const [what, functions, problem] of BAD) {
  Deno.test(`functions with ${what} are refused`, () => {
    const problems = problemsOf(ENVIRONMENT, fileWith(functions));
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0], problem);
    assert.match(problems[0], /^ASSISTANTS_FILE: default\.functions/);
  });
}

Deno.test("functions are read with what the model is to be told of them", () => {
  const parameters = {
    type: "object",
    properties: { phone: { type: "string" } },
    required: ["phone"],
  };
  const file = fileWith([{ ...FIND, parameters }, SEND, BYE]);
  const { assistants } = load(ENVIRONMENT, file);
  assert.deepEqual(assistants.get("default")!.functions, [
    {
      name: "find_order",
      description: "Finds an order.",
      parameters,
      does: { url: FIND.url, timeoutMs: 3000 },
    },
    {
      name: "to_people",
      description: "Sends the caller to people.",
      parameters: {
        type: "object",
        properties: { to: { type: "string", enum: ["售后"] } },
        required: ["to"],
      },
      does: { transfer: { "售后": "8001" } },
    },
    {
      name: "bye",
      description: "Ends the call.",
      parameters: { type: "object", properties: {} },
      does: { hangUp: true },
    },
  ]);
});

Deno.test("an assistant without functions has none", () => {
  const { assistants } = load(KEY);
  assert.deepEqual(assistants.get("default")!.functions, []);
});
