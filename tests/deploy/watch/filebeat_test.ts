import assert from "node:assert/strict";
import { parse } from "yaml";
import { createLog } from "../../../src/telemetry/log.ts";
import { withNode } from "../../support/node_rig.ts";
import { readDeployed } from "./watch_files.ts";

interface Mapping {
  readonly type?: string;
  readonly enabled?: boolean;
  readonly dynamic?: boolean;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

const ROOT = new URL("../../../", import.meta.url);
const FILEBEAT = parse(readDeployed("filebeat/filebeat.yml"));
const TEMPLATE = JSON.parse(readDeployed("filebeat/index_template.json"));
const VAPI: Mapping = TEMPLATE.template.mappings.properties.vapi;
const TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ["keyword", "text", "date"],
  number: ["long", "float"],
  boolean: ["boolean"],
};

function inputOf(id: string) {
  // deno-lint-ignore no-explicit-any
  return FILEBEAT["filebeat.inputs"].find((input: any) => input.id === id);
}

/** What a value of the log lacks in the mapping, each by its path. */
function gaps(value: unknown, mapping?: Mapping, path = "vapi"): string[] {
  if (path === "vapi.pii") return [];
  if (mapping === undefined) return [`${path} has no mapping`];
  if (mapping.enabled === false || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((each) => gaps(each, mapping, path));
  }
  if (typeof value === "object") {
    return Object.entries(value).flatMap(([name, each]) =>
      gaps(each, mapping.properties?.[name], `${path}.${name}`)
    );
  }
  const fits = TYPES[typeof value].includes(mapping.type ?? "");
  return fits ? [] : [`${path} is ${typeof value}, not ${mapping.type}`];
}

Deno.test("every field of a line has a mapping when the log writes errors of all kinds", () => {
  const lines: string[] = [];
  const log = createLog({
    level: "debug",
    showPii: true,
    sink: (line) => lines.push(line),
  }).with({ callId: "a", shard: 1 });
  const cause = new Error("b", { cause: "c" });
  log.error("A session failed", {
    error: new Error("a", { cause }),
    pii: { text: "d" },
  });
  log.info("The call has ended", { end: { by: "control", error: cause } });
  const cyclic: Record<string, unknown> = {};
  cyclic.error = cyclic;
  log.warn("A session failed", cyclic);
  assert.equal(lines.length, 3);
  for (const line of lines) assert.deepEqual(gaps(JSON.parse(line), VAPI), []);
});

Deno.test("every field of a line has a mapping when a node carries a call, one is refused, and somebody knocks", async () => {
  const environment = { LOG_LEVEL: "debug", MAX_CONNECTIONS: "1" };
  await withNode({ environment }, async (rig) => {
    const heard = Promise.withResolvers<void>();
    const call = rig.call({ arrived: () => heard.resolve() });
    await heard.promise;
    const refused = rig.call({});
    await rig.logged("A call was refused");
    const knock = await Deno.connect({ port: rig.server.eslPort });
    knock.close();
    await rig.logged("event socket rejected");
    // The next round would have a place for it, and nobody speaks.
    refused.hangUp();
    call.hangUp();
    await Promise.all([call.ended, refused.ended]);
    await rig.logged("The call has ended");
    assert.ok(rig.logs.some((line) => "pii" in line));
    const found = rig.logs.flatMap((line) => gaps(line, VAPI));
    assert.deepEqual([...new Set(found)], []);
  });
});

Deno.test("every field that a source gives to the log has a mapping", () => {
  const names = new Set(SOURCES.flatMap(fieldsOf));
  assert.ok(names.has("error") && names.has("callId"), "nothing was found");
  const missing = [...names].filter((name) =>
    name !== "pii" && VAPI.properties?.[name] === undefined
  );
  assert.deepEqual(
    missing,
    [],
    "add them to deploy/filebeat/index_template.json",
  );
});

Deno.test("every mapping is of a field that the sources know", () => {
  const text = SOURCES.join("\n");
  const strangers = leavesOf(VAPI).filter((name) =>
    !new RegExp(`\\b${name}\\b`).test(text)
  );
  assert.deepEqual(strangers, []);
});

const SOURCES = ["main.ts", "workers", "src"].flatMap((path) =>
  readSources(new URL(path, ROOT))
);

function readSources(url: URL): string[] {
  if (url.pathname.includes("/simulator")) return [];
  if (Deno.statSync(url).isFile) return [Deno.readTextFileSync(url)];
  return [...Deno.readDirSync(url)].flatMap(({ name }) =>
    readSources(new URL(`${url.pathname}/${name}`, url))
  );
}

/** Names in the object that is given to the log in place; what is spread into it is not seen. */
function fieldsOf(source: string): string[] {
  const calls = source.matchAll(
    /\blog\??\.(?:(?:debug|info|warn|error)\(\s*"[^"]*",|with\()\s*\{([^;]*?)\}\s*,?\s*\)/g,
  );
  return [...calls].flatMap(([, fields]) =>
    fields.replaceAll(/\{[^}]*\}/g, "").split(",")
      .map((field) => /^\s*(\w+)\s*(?::|$)/.exec(field)?.[1] ?? "")
      .filter((name) => name !== "")
  );
}

function leavesOf(mapping: Mapping): string[] {
  return Object.entries(mapping.properties ?? {}).flatMap(([name, each]) =>
    each.properties === undefined ? [name] : [name, ...leavesOf(each)]
  );
}

Deno.test("Filebeat takes personal data out of our lines before they leave", () => {
  const { type, parsers, processors } = inputOf("vapi");
  assert.equal(type, "filestream");
  assert.deepEqual(parsers, [{ ndjson: { target: "vapi" } }]);
  assert.deepEqual(processors[0], {
    drop_fields: { fields: ["vapi.pii"], ignore_missing: true },
  });
  const cut = new RegExp(processors[1].drop_event.when.regexp.message);
  const lines: string[] = [];
  const sink = (line: string) => lines.push(line);
  const log = createLog({ level: "info", showPii: true, sink });
  log.info("A call has come", { pii: { callerNumber: "13800138000" } });
  assert.match(lines[0].slice(0, -20), cut);
  log.info("The server has stopped");
  assert.doesNotMatch(lines[1], cut);
  assert.equal(VAPI.properties?.pii, undefined);
  assert.equal(VAPI.dynamic, false, "else a new field would be guessed");
});

Deno.test("Filebeat replaces numbers in FreeSWITCH's lines and leaves calls' UUIDs and times alone", () => {
  const passes: { pattern: string; replacement: string }[] =
    inputOf("freeswitch").processors[0].replace.fields;
  const clean = (line: string) =>
    passes.reduce(
      (text, { pattern, replacement }) =>
        text.replaceAll(new RegExp(pattern, "g"), replacement),
      line,
    );
  const uuid = "12345678-1234-4234-8234-123456789012";
  const time = "2026-11-23 16:00:00.123456 97.30%";
  assert.equal(
    clean(
      `${uuid} ${time} [NOTICE] New Channel sofia/external/+8613800138000@10.0.0.1 [${uuid}]`,
    ),
    `${uuid} ${time} [NOTICE] New Channel sofia/external/<number>@10.0.0.1 [${uuid}]`,
  );
  assert.equal(clean("sip:%2B8613800138000@a"), "sip:%2B<number>@a");
  assert.equal(clean("<13800138000>->02112345678"), "<<number>>-><number>");
  const row = Array(5).fill("13800138000").join(" ");
  assert.equal(clean(row), row.replaceAll("13800138000", "<number>"));
});

Deno.test("Filebeat takes lines of FreeSWITCH that go on for one message", () => {
  const { pattern, negate, match } = inputOf("freeswitch").parsers[0].multiline;
  assert.deepEqual([negate, match], [true, "after"]);
  const begins = new RegExp(pattern);
  const uuid = "12345678-1234-4234-8234-123456789012";
  assert.match("2026-11-23 16:00:00.123456 97.30% [INFO] a.c:1 b", begins);
  assert.match(`${uuid} 2026-11-23 16:00:00.123456 [INFO] a.c:1 b`, begins);
  assert.doesNotMatch("v=0", begins);
});

Deno.test("the template and the policy are for the index that Filebeat writes", () => {
  const { index } = FILEBEAT["output.elasticsearch"];
  const prefix = index.replace("%{+yyyy.MM.dd}", "");
  assert.deepEqual(TEMPLATE.index_patterns, [`${prefix}*`]);
  const letters = FILEBEAT["output.elasticsearch"][
    "non_indexable_policy.dead_letter_index"
  ].index;
  assert.ok(!letters.startsWith(prefix), "dead letters must not be mapped");
  const { policy } = JSON.parse(readDeployed("filebeat/ilm_policy.json"));
  assert.equal(policy.phases.delete.min_age, "30d");
  assert.equal(
    TEMPLATE.template.settings["index.lifecycle.name"],
    "vapi-logs",
  );
});
