import assert from "node:assert/strict";
import { createMetrics } from "../../src/telemetry/metrics.ts";

const DOCUMENT = Deno.readTextFileSync(
  new URL("../../docs/metrics.md", import.meta.url),
);
const METRICS = await createMetrics().registry.getMetricsAsJSON();

Deno.test("there are metrics to look for", () => {
  assert.ok(METRICS.some(({ name }) => name === "vapi_calls_total"));
});

for (const { name } of METRICS) {
  Deno.test(`docs/metrics.md says what ${name} is`, () => {
    assert.ok(DOCUMENT.includes(`\`${name}\``), `${name} is missing`);
  });
}

Deno.test("docs/metrics.md names no metric of ours that is not there", () => {
  const known = new Set(METRICS.map(({ name }) => name));
  const rows = DOCUMENT.matchAll(/^\| `(vapi_[a-z_]+)` +\|/gm);
  const strangers = [...rows].map(([, name]) => name).filter((name) =>
    !known.has(name)
  );
  assert.deepEqual(strangers, []);
});

Deno.test("docs/metrics.md gives every metric of ours its type", () => {
  for (const { name, type } of METRICS) {
    if (!name.startsWith("vapi_")) continue;
    assert.match(
      DOCUMENT,
      new RegExp(`^\\| \`${name}\` +\\| ${type} +\\|`, "m"),
    );
  }
});
