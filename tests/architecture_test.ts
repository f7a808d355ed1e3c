import assert from "node:assert/strict";
import { findBreaches } from "./support/architecture_rules.ts";

const ROOT = new URL("../", import.meta.url);
const READ = ["main.ts", "src", "workers", "tools"];
const OPTIONS = { packages: ["modesl", "zod", "hono"] };

/** A small tree that keeps every rule, as a start for those that break one. */
const GOOD: Readonly<Record<string, string>> = {
  "main.ts": `import { placeCall } from "./src/router/placement.ts";
    import { listen } from "./src/esl/listener.ts";
    import type { Assistant } from "./src/shard/speech_model.ts";
    Deno.env.get("A");`,
  "workers/shard_worker.ts": `import "../src/model/stepfun.ts";
    import "../src/shard/session.ts";
    Deno.env.get("A");`,
  "tools/demo.ts": `import "../src/simulator/stepfun.ts"; Deno.env.get("A");
    import "../src/config/config.ts"; import "../src/net/poll_set.ts";`,
  "src/errors.ts": "export class ProtocolError extends Error {}",
  "src/config/config.ts": `import { z } from "zod"; import "../errors.ts";`,
  "src/audio/samples.ts": `import "../errors.ts";`,
  "src/ring/frame_ring.ts":
    `import "../errors.ts"; export const a = Atomics.load;`,
  "src/telemetry/log.ts": `import "../errors.ts"; Atomics.add(a, 0, 1);`,
  "src/net/poll_set.ts": `import "../errors.ts";`,
  "src/store/call_store.ts": `import "../telemetry/log.ts";`,
  "src/esl/listener.ts": `import "modesl";
    import type { CallControl } from "../router/call_control.ts";`,
  "src/media/unicast_leg.ts": `import "../ring/frame_ring.ts";
    import "../net/poll_set.ts";
    import type { AudioLeg } from "../router/audio_leg.ts";`,
  "src/router/call_control.ts": "export interface CallControl {}",
  "src/router/audio_leg.ts": "export interface AudioLeg {}",
  "src/router/placement.ts": `import "../shard/protocol.ts";
    import "../store/call_store.ts";
    new Worker(new URL("../../workers/shard_worker.ts", import.meta.url));`,
  "src/shard/protocol.ts": `import type { A } from "./speech_model.ts";`,
  "src/shard/speech_model.ts": `import "../errors.ts";`,
  "src/shard/session.ts": `import "../audio/samples.ts";
    import "./protocol.ts";`,
  "src/model/stepfun.ts": `import "../shard/speech_model.ts";`,
  "src/http/health.ts": `import "../router/placement.ts"; import "hono/cors";`,
  "src/simulator/stepfun.ts": `import "../audio/samples.ts"; import "node:net";
    import "../net/poll_set.ts";`,
};

const BAD: [rule: string, path: string, text: string, breach: RegExp][] = [
  ...([
    ["src/errors.ts", "src/telemetry/log.ts"],
    ["src/config/config.ts", "src/telemetry/log.ts"],
    ["src/audio/samples.ts", "src/telemetry/log.ts"],
    ["src/ring/frame_ring.ts", "src/audio/samples.ts"],
    ["src/telemetry/log.ts", "src/ring/frame_ring.ts"],
    ["src/net/poll_set.ts", "src/telemetry/log.ts"],
    ["src/shard/session.ts", "src/net/poll_set.ts"],
    ["src/store/call_store.ts", "src/router/call_control.ts"],
    ["src/esl/listener.ts", "src/router/placement.ts"],
    ["src/esl/listener.ts", "src/media/unicast_leg.ts"],
    ["src/media/unicast_leg.ts", "src/router/call_control.ts"],
    ["src/router/placement.ts", "src/shard/session.ts"],
    ["src/router/placement.ts", "src/shard/speech_model.ts"],
    ["src/router/placement.ts", "src/esl/listener.ts"],
    ["src/shard/session.ts", "src/model/stepfun.ts"],
    ["src/model/stepfun.ts", "src/shard/session.ts"],
    ["src/http/health.ts", "src/esl/listener.ts"],
    ["src/simulator/stepfun.ts", "src/model/stepfun.ts"],
    ["src/http/health.ts", "src/simulator/stepfun.ts"],
    ["tools/demo.ts", "src/router/placement.ts"],
    ["tools/demo.ts", "main.ts"],
    ["src/router/placement.ts", "workers/shard_worker.ts"],
  ].map(([from, to]) =>
    [
      `${from} importing ${to}`,
      from,
      `import type { A } from "${"../".repeat(from.split("/").length - 1)}${
        from.includes("/") ? "" : "./"
      }${to}";`,
      new RegExp(`^${from} must not import ${to}$`),
    ] as [string, string, string, RegExp]
  )),
  [
    "a missing file",
    "src/audio/samples.ts",
    `import "./gone.ts";`,
    /gone\.ts, which does not exist$/,
  ],
  [
    "a new folder",
    "src/common/all.ts",
    "",
    /^src\/common\/all\.ts stands in no folder/,
  ],
  [
    "a package that deno.json does not name",
    "src/audio/samples.ts",
    `import "npm:left-pad@1.0.0";`,
    /left-pad@1\.0\.0, which deno\.json does not name$/,
  ],
  [
    "modesl outside esl/",
    "src/router/call_control.ts",
    `import "modesl";`,
    /must not import modesl/,
  ],
  [
    "main.ts reaching the model",
    "main.ts",
    `import "./src/model/stepfun.ts";`,
    /^main\.ts must not reach src\/model\/stepfun\.ts: main\.ts → src/,
  ],
  [
    "main.ts reaching samples through the protocol",
    "src/shard/protocol.ts",
    `import type { A } from "../audio/samples.ts";`,
    /^main\.ts must not reach src\/audio\/samples\.ts: main\.ts → src\/router\/placement\.ts → src\/shard\/protocol\.ts → /,
  ],
  [
    "main.ts reaching a session",
    "main.ts",
    `export * from "./src/shard/session.ts";`,
    /^main\.ts must not reach src\/shard\/session\.ts/,
  ],
  [
    "main.ts reaching the simulator",
    "main.ts",
    `await import("./src/simulator/stepfun.ts");`,
    /^main\.ts must not reach src\/simulator/,
  ],
  ...["esl/listener", "media/unicast_leg", "router/audio_leg"].concat(
    ["store/call_store", "http/health", "simulator/stepfun"],
  ).map((name) =>
    [
      `the worker reaching ${name}`,
      "workers/shard_worker.ts",
      `import "../src/${name}.ts";`,
      new RegExp(`^workers/shard_worker.ts must not reach src/${name}`),
    ] as [string, string, string, RegExp]
  ),
  [
    "a circle of two",
    "src/shard/speech_model.ts",
    `import type { A } from "./protocol.ts";`,
    /^imports go round: .*protocol\.ts → .*speech_model\.ts → .*protocol\.ts$/,
  ],
  [
    "a file importing itself",
    "src/errors.ts",
    `import "./errors.ts";`,
    /^imports go round: src\/errors\.ts → src\/errors\.ts$/,
  ],
  [
    "a computed import",
    "src/store/call_store.ts",
    "import(`./${name}.ts`);",
    /must not compute what it imports$/,
  ],
  [
    "the environment in the config",
    "src/config/config.ts",
    `Deno.env.get("A");`,
    /^src\/config\/config\.ts must not read the environment$/,
  ],
  [
    "a worker outside the router",
    "main.ts",
    "new Worker(url);",
    /^main\.ts must not start a worker$/,
  ],
  [
    "Atomics in a shard",
    "src/shard/session.ts",
    "Atomics.wait(a, 0, 0);",
    /must not use Atomics$/,
  ],
  [
    "a long file",
    "src/model/stepfun.ts",
    "\n".repeat(251),
    /must not have 251 lines without saying why$/,
  ],
  [
    "an empty name",
    "src/model/stepfun.ts",
    "export class SessionManager {}",
    /must not export a name like SessionManager$/,
  ],
  [
    "an empty name as an alias",
    "src/model/stepfun.ts",
    "const a = 1; export { a as audioUtils };",
    /must not export a name like audioUtils$/,
  ],
  ["a file of helpers", "src/model/helpers.ts", "", /must not be called that$/],
];

Deno.test("the architecture's rules find nothing in a tree that keeps them", () => {
  assert.deepEqual(findBreaches(new Map(Object.entries(GOOD)), OPTIONS), []);
});

for (const [rule, path, text, breach] of BAD) {
  Deno.test(`the architecture's rules find ${rule}`, () => {
    const tree = new Map(Object.entries({ ...GOOD, [path]: text }));
    const breaches = findBreaches(tree, OPTIONS);
    assert.ok(
      breaches.some((line) => breach.test(line)),
      `${breach} is not among ${JSON.stringify(breaches, null, 2)}`,
    );
  });
}

Deno.test("the architecture's rules let a file be long when it says why", () => {
  const text = "// Long because: it is one table\n" + "\n".repeat(300);
  const tree = new Map(Object.entries({ ...GOOD, "src/errors.ts": text }));
  assert.deepEqual(findBreaches(tree, OPTIONS), []);
});

Deno.test("the sources keep the architecture's rules", async () => {
  const tree = new Map<string, string>();
  for (const path of READ) await readInto(tree, path);
  assert.ok(tree.has("src/errors.ts"), "no sources were read");
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const breaches = findBreaches(tree, { packages: Object.keys(imports) });
  assert.equal(breaches.join("\n"), "");
});

async function readInto(tree: Map<string, string>, path: string) {
  const url = new URL(path, ROOT);
  const { isDirectory } = await Deno.lstat(url).catch(ignoreMissing) ?? {};
  if (isDirectory) {
    for await (const entry of Deno.readDir(url)) {
      await readInto(tree, `${path}/${entry.name}`);
    }
  } else if (isDirectory === false && path.endsWith(".ts")) {
    tree.set(path, await Deno.readTextFile(url));
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
