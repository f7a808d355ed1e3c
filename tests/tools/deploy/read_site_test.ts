import assert from "node:assert/strict";
import { ConfigurationError } from "../../../src/errors.ts";
import { readSite } from "../../../tools/deploy/read_site.ts";

const EXAMPLE = Deno.readTextFileSync(
  new URL("../../../deploy/site.example.yaml", import.meta.url),
);
const NODES = "nodes: [{name: a, host: 127.0.0.1}]";

function problemsOf(text: string): readonly string[] {
  try {
    readSite(text, "site.yaml");
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.problems;
  }
}

Deno.test("the example is a valid site", () => {
  assert.deepEqual(problemsOf(EXAMPLE), []);
});

Deno.test("a site needs nothing but nodes", () => {
  assert.deepEqual(problemsOf(NODES), []);
  assert.equal(readSite(NODES, "").sizes.drainSeconds, 30);
});

const WRONG: readonly (readonly [text: string, problem: RegExp])[] = [
  ["name: A b", /^site\.yaml:2: name must be 1 to 32 /],
  ["model: gpt", /model must be one of stepfun, simulator, got "gpt"$/],
  ["domain: Ä", /domain must be a domain name/],
  ["image: 'a b'", /image must be an image such as/],
  ["uap: {address: x}", /uap\.address must be an IP address/],
  ["uap: 1", /uap must be a map/],
  [
    "freeswitch: [{name: f, host: fs1.local}]",
    /freeswitch\[0\]\.host must be an IP/,
  ],
  [
    "freeswitch: [{name: f, host: 10.0.0.1, eslPort: 0}]",
    /eslPort must be an integer/,
  ],
  [
    "freeswitch: [{name: f, host: 10.0.0.1, eslPassword: ClueCon}]",
    /freeswitch\[0\]\.eslPassword must be env:NAME or file:\/path, never the secret itself$/,
  ],
  ["trunks: [{number: 400, assistant: a}]", /write it in quotes, got 400$/],
  ["trunks: [{number: '4x', assistant: a}]", /must be 3 to 15 digits/],
  [
    "trunks: [{number: '400', assistant: 'a b'}]",
    /must be the id of an assistant/,
  ],
  ["assistantsFile: 'a b'", /assistantsFile must be a path without spaces/],
  [
    "sizes: {shards: 65}",
    /sizes\.shards must be an integer from 1 to 64, got 65$/,
  ],
  ["sizes: {maxConnections: x}", /sizes\.maxConnections must be an integer/],
  ["sizes: {drainSeconds: -1}", /sizes\.drainSeconds must be an integer/],
  ["sizes: {readySeconds: 0}", /sizes\.readySeconds must be an integer/],
  ["redis: {mode: cluster}", /redis.* must /],
  ["redis: {mode: external}", /redis\.url must be/],
  [
    "secrets: {STEPFUN_API_KEY: sk-1234}",
    /secrets\.STEPFUN_API_KEY must be env:NAME/,
  ],
  ["secrets: {HOME: env:HOME}", /secrets\.HOME must be a secret of the server/],
  [
    "settings: {LOG_LEVLE: info}",
    /settings\.LOG_LEVLE is no setting of the server/,
  ],
  ["settings: {SHARDS: 2}", /settings\.SHARDS is set by the deploy/],
  [
    "settings: {STEPFUN_API_KEY: sk-1234}",
    /belongs under secrets, by reference$/,
  ],
  ['settings: {LOG_LEVEL: "a\\nb"}', /LOG_LEVEL must have no line breaks/],
  ["placeholders: {vip: 1}", /placeholders\.vip must be a name such as VIP/],
  ["kubernetes: {namespace: A}", /kubernetes\.namespace must be/],
  [
    "kubernetes: {hostNetwork: maybe}",
    /kubernetes\.hostNetwork must be true or false/,
  ],
  ["kubernetes: {maxNodes: 0}", /kubernetes\.maxNodes must be an integer/],
  [
    "kubernetes: {freeswitchNetworks: [10.0.0.1/33]}",
    /must be a network such as/,
  ],
  ["nodse: 1", /nodse is no field of a site/],
];

for (const [text, problem] of WRONG) {
  Deno.test(`a site with ${text} is refused and the secret kept`, () => {
    const problems = problemsOf(`${NODES}\n${text}`);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0], problem);
    assert.doesNotMatch(problems[0], /sk-1234|ClueCon/);
  });
}

const WRONG_NODES: readonly (readonly [text: string, problem: RegExp])[] = [
  ["nodes: []", /nodes must list at least one node/],
  ["model: stepfun", /nodes must be a list/],
  ["nodes: [{name: a}]", /nodes\[0\]\.host must be a text/],
  ["nodes: [{name: a, host: '-a'}]", /must be an address or a host name/],
  [
    "nodes: [{name: a, host: h, httpPort: 70000}]",
    /httpPort must be an integer/,
  ],
  ["nodes: [{name: a, host: h, eslPort: a}]", /eslPort must be an integer/],
  [
    "nodes: [{name: a, host: h, sshUser: 'r t'}]",
    /sshUser must be a user's name/,
  ],
  [
    "nodes: [{name: a, host: h}, {name: a, host: i}]",
    /nodes\[1\]\.name must be there once/,
  ],
  [
    "nodes: [{name: a, host: h, httpPort: 1}, {name: b, host: h, eslPort: 1}]",
    /nodes\[1\]\.eslPort must differ from every other port/,
  ],
];

for (const [text, problem] of WRONG_NODES) {
  Deno.test(`a site with ${text} is refused`, () => {
    const problems = problemsOf(text);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0], problem);
  });
}

Deno.test("all mistakes are reported at once, in the order of their lines", () => {
  const text = `name: A\nmodel: gpt\n${NODES}\nsizes:\n  shards: 0\n`;
  const lines = problemsOf(text).map((each) => each.split(":")[1]);
  assert.deepEqual(lines, ["1", "2", "5"]);
});

Deno.test("a file that is no YAML is refused with its line", () => {
  const [problem] = problemsOf("nodes: [\nname: {");
  assert.match(problem, /^site\.yaml:\d+: /);
});

Deno.test("a file whose aliases would grow without bound is refused", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++) {
    lines.push(`a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(", ")}]`);
  }
  assert.match(problemsOf(lines.join("\n"))[0], /^site\.yaml: .*alias/i);
});
