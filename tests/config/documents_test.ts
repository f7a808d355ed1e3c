import assert from "node:assert/strict";
import { parseAssistants } from "../../src/config/assistants.ts";
import { VARIABLE_NAMES } from "../../src/config/config.ts";
import { load } from "../support/config_sources.ts";

const read = (path: string) =>
  Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
const CONFIGURATION = read("docs/configuration.md");
const EXAMPLE = read(".env.example");

/** Names and values of an env file, those that are commented out included. */
function readAssignments(text: string): Map<string, string> {
  const found = [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=(.*)$/gm)];
  return new Map(found.map(([, name, value]) => [name, value]));
}

for (const name of VARIABLE_NAMES) {
  Deno.test(`docs/configuration.md has a row for ${name}`, () => {
    assert.match(CONFIGURATION, new RegExp(`^\\| \`${name}\` +\\|`, "m"));
  });
}

Deno.test(".env.example lists every variable and no other", () => {
  const names = [...readAssignments(EXAMPLE).keys()];
  assert.deepEqual(names.toSorted(), [...VARIABLE_NAMES].toSorted());
});

Deno.test("the values in .env.example are the defaults", () => {
  const key = { STEPFUN_API_KEY: "sk-test" };
  const environment = { ...Object.fromEntries(readAssignments(EXAMPLE)) };
  assert.deepEqual(load({ ...environment, ...key }), load(key));
});

Deno.test("the assistants file in docs/configuration.md can be used", () => {
  const json = /```json\n(.*?)```/s.exec(CONFIGURATION)?.[1];
  assert.ok(json !== undefined, "there is no example");
  const { byId, problems } = parseAssistants({
    path: "example.json",
    readTextFile: () => json,
    order: ["stepfun"],
    defaults: {
      stepfun: { model: "m", voice: "v" },
      qwen: { model: "m", voice: "v" },
      openai: { model: "m", voice: "v" },
    },
  });
  assert.deepEqual(problems, []);
  assert.deepEqual([...byId.keys()], ["default", "sales", "support"]);
});

Deno.test("docs/configuration.md has a row for every field of an assistant", () => {
  const fields = [
    "name",
    "instructions",
    "model",
    "voice",
    "suppliers",
    "greeting",
    "turnDetection",
    "turnDetection.prefixPaddingMs",
    "turnDetection.silenceDurationMs",
    "turnDetection.energyAwakenessThreshold",
  ];
  for (const field of fields) {
    assert.match(
      CONFIGURATION,
      new RegExp(`^\\| \`${field.replace(".", "\\.")}\` +\\|`, "m"),
    );
  }
});
