import assert from "node:assert/strict";
import { parse } from "yaml";
import { readDashboards, readDeployed } from "./watch_files.ts";

const COLUMNS = 24;

Deno.test("no dashboard has the uid or the title of another", () => {
  const all = readDashboards();
  assert.ok(all.length >= 6);
  for (const key of ["uid", "title"] as const) {
    assert.equal(new Set(all.map((each) => each[key])).size, all.length);
  }
});

for (const { file, panels } of readDashboards()) {
  Deno.test(`${file} names the data source that is provisioned`, () => {
    const { datasources } = parse(
      readDeployed("grafana/provisioning/datasources/prometheus.yml"),
    );
    for (const { datasource } of panels) {
      assert.equal(datasource.uid, datasources[0].uid);
      assert.equal(datasource.type, datasources[0].type);
    }
  });

  Deno.test(`${file} has panels with Chinese titles that do not overlap`, () => {
    const taken = new Set<string>();
    for (const { title, gridPos: { x, y, w, h } } of panels) {
      assert.match(title, /\p{Script=Han}/u);
      assert.ok(x + w <= COLUMNS, `${title} is too wide`);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          const cell = `${column},${row}`;
          assert.ok(!taken.has(cell), `${title} lies upon another`);
          taken.add(cell);
        }
      }
    }
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  });

  Deno.test(`${file} has no panel of a kind that Grafana 10 has given up`, () => {
    const kinds = new Set(panels.map(({ type }) => type));
    for (const old of ["graph", "singlestat", "table-old"]) {
      assert.ok(!kinds.has(old));
    }
  });
}
