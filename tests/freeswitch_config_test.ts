// Long because: one table of what each of FreeSWITCH's files must hold.
import assert from "node:assert/strict";
import {
  GATEWAY_PARAMETERS,
  PROFILE_PARAMETERS,
  SWITCH_PARAMETERS,
} from "./deploy/edge/sofia_names.ts";
import { runTool, testWithTool } from "./support/debian_tool.ts";
import {
  FREESWITCH_ROOT as ROOT,
  listFiles,
  listParameters,
  readElements,
  readIncluded,
  readParameters,
  readText,
  readVariables,
} from "./support/freeswitch_files.ts";
import { elementsOf, readXml } from "./support/xml_reader.ts";

const FILES = await listFiles();
const PROFILES = ["cluster", "secure", "uap9600", "webrtc"];
const XMLLINT = { names: ["xmllint"], debianPackage: "libxml2-utils" };
/** Set to nothing on purpose: a file of the host is used. */
const MAY_BE_EMPTY = ["vapi_core_db"];

Deno.test("the files are the expected ones", () => {
  for (const name of PROFILES) {
    assert.ok(FILES.includes(`sip_profiles/${name}.xml`), name);
  }
  for (const name of ["from-secure", "from-uap", "from-users"]) {
    assert.ok(FILES.includes(`dialplan/${name}.xml`), name);
  }
});

for (const path of FILES) {
  Deno.test(`${path} is well-formed and its includes exist`, async () => {
    readXml(await readText(path));
    assert.ok(elementsOf(await readIncluded(path)).length > 1);
  });

  Deno.test(`${path} is mentioned in both readmes`, async () => {
    for (const readme of ["README.md", "README.zh-CN.md"]) {
      assert.ok((await readText(readme)).includes(`\`${path}\``), readme);
    }
  });
}

testWithTool(
  XMLLINT,
  "every file is well-formed for xmllint",
  async (xmllint) => {
    const paths = FILES.map((path) => new URL(path, ROOT).pathname);
    await runTool(xmllint, ["--noout", "--nonet", ...paths]);
  },
);

Deno.test("every global variable that is used is set, and to something", async () => {
  const variables = await readVariables();
  for (const path of FILES) {
    // FreeSWITCH itself sets the domain.
    for (const [, name] of (await readText(path)).matchAll(/\$\$\{(\w+)\}/g)) {
      if (name === "domain") continue;
      assert.ok(name in variables, `${path}: ${name}`);
      if (!MAY_BE_EMPTY.includes(name)) assert.ok(variables[name], name);
    }
  }
});

Deno.test("every variable is used somewhere and explained in both readmes", async () => {
  const texts = await Promise.all(FILES.map(readText));
  for (const name of Object.keys(await readVariables())) {
    // Which of the twelve lists is used is a digit of the UUID.
    const used = /^vapi_nodes_[0-9ab]$/.test(name)
      ? "${vapi_nodes_$"
      : `\${${name}}`;
    assert.ok(texts.some((text) => text.includes(used)), name);
    const documented = name.replace(/^(vapi_nodes_)[1-9a]$/, "$10");
    for (const readme of ["README.md", "README.zh-CN.md"]) {
      assert.ok((await readText(readme)).includes(`\`${documented}\``), name);
    }
  }
});

Deno.test("no preprocessor line stands in a comment, where it would run, and each has a line of its own", async () => {
  for (const path of FILES) {
    const text = await readText(path);
    for (const [comment] of text.matchAll(/<!--[^]*?-->/g)) {
      assert.doesNotMatch(comment, /X-PRE-PROCESS/, path);
    }
    for (const line of text.split("\n")) {
      if (!line.includes("X-PRE-PROCESS")) continue;
      assert.match(
        line,
        /^\s*<X-PRE-PROCESS cmd="(set|include)" data="[^"]*"\/>$/,
      );
    }
  }
});

for (const name of PROFILES) {
  const path = `sip_profiles/${name}.xml`;

  Deno.test(`the profile ${name} has only parameters that sofia knows`, async () => {
    const profile = readXml(await readText(path));
    assert.equal(profile.name, "profile");
    assert.equal(profile.attributes.name, name);
    for (const part of profile.children) {
      assert.match(part.name, /^(settings|gateways)$/);
      const known = part.name === "settings"
        ? PROFILE_PARAMETERS
        : GATEWAY_PARAMETERS;
      for (const { name, attributes } of elementsOf(part)) {
        if (name === "param") {
          assert.ok(known.has(attributes.name), attributes.name);
        }
      }
    }
  });

  Deno.test(`the profile ${name} belongs to a context that exists and lets nobody in unasked`, async () => {
    const parameters = await readParameters(path);
    const elements = await readElements(`dialplan/${parameters.context}.xml`);
    const context = elements.find((element) => element.name === "context");
    assert.equal(context?.attributes.name, parameters.context);
    const asks = parameters["auth-calls"] === "true";
    const listed = parameters["apply-inbound-acl"];
    // With both, an address on the list would need no password.
    assert.ok(asks !== (listed !== undefined), "either a password or a list");
    assert.equal(parameters["disable-transfer"], "true");
  });

  Deno.test(`the profile ${name} has packets of 20 ms, paced by the soft timer`, async () => {
    const parameters = await readParameters(path);
    for (const codec of parameters["inbound-codec-prefs"].split(",")) {
      assert.match(codec, /^(PCM[AU]@8000h@20i@64000b|OPUS@48000h@20i)$/);
    }
    assert.equal(parameters["rtp-timer-name"], "soft");
  });
}

Deno.test("no two profiles take the same address and port", async () => {
  const variables = await readVariables();
  const taken: string[] = [];
  for (const name of PROFILES) {
    const parameters = await readParameters(`sip_profiles/${name}.xml`);
    for (const key of ["sip-port", "tls-sip-port", "wss-binding"]) {
      const value = parameters[key]?.replace(
        /^\$\$\{(\w+)\}$/,
        (_, variable) => variables[variable],
      );
      if (value !== undefined) taken.push(value.replace(":", ""));
    }
  }
  assert.equal(new Set(taken).size, taken.length, taken.join(" "));
  for (const port of taken) assert.match(port, /^\d+$/);
});

Deno.test("the secure profile has TLS of 1.2 or newer alone, and reads the SDP before the dialplan", async () => {
  const secure = await readParameters("sip_profiles/secure.xml");
  assert.equal(secure.tls, "true");
  assert.equal(secure["tls-only"], "true");
  assert.equal(secure["tls-sip-port"], "5061");
  assert.equal(secure["tls-version"], "tlsv1.2");
  assert.equal(secure["inbound-late-negotiation"], "false");
});

Deno.test("the webrtc profile speaks over a WebSocket with TLS, Opus first", async () => {
  const webrtc = await readParameters("sip_profiles/webrtc.xml");
  assert.equal(webrtc["wss-binding"], ":7443");
  assert.equal(webrtc["ws-binding"], undefined);
  assert.match(webrtc["inbound-codec-prefs"], /^OPUS@48000h@20i,/);
  const candidates = (await listParameters("sip_profiles/webrtc.xml"))
    .filter(([name]) => name === "apply-candidate-acl");
  assert.equal(candidates.length, 3);
});

Deno.test("three hosts share a database, a name, and what a recovery needs", async () => {
  const core = await readParameters("autoload_configs/switch.conf.xml");
  assert.equal(core["core-db-dsn"], "$${vapi_core_db}");
  assert.equal(core.switchname, "$${vapi_switch_name}");
  assert.equal(core["auto-clear-sql"], "false");
  for (const name of Object.keys(core)) {
    assert.ok(SWITCH_PARAMETERS.has(name), name);
  }
  for (const name of ["uap9600", "cluster", "secure"]) {
    const profile = await readParameters(`sip_profiles/${name}.xml`);
    assert.equal(profile["track-calls"], "$${vapi_track_calls}", name);
  }
  const cluster = await readParameters("sip_profiles/cluster.xml");
  assert.equal(cluster["odbc-dsn"], "$${vapi_core_db}");
});

Deno.test("every account has a password by variable, no empty one, and a context that exists", async () => {
  const users = (await readElements("directory/vapi.xml")).filter(({ name }) =>
    name === "user"
  );
  assert.deepEqual(users.map(({ attributes }) => attributes.id), [
    "trunk",
    "web",
  ]);
  for (const user of users) {
    const values = Object.fromEntries(
      elementsOf(user).map((
        { attributes },
      ) => [attributes.name, attributes.value]),
    );
    assert.match(values.password, /^\$\$\{vapi_\w+_password\}$/);
    assert.equal(values["allow-empty-password"], "false");
    assert.ok(FILES.includes(`dialplan/${values.user_context}.xml`));
  }
  const trunk = await readParameters("directory/vapi_users/trunk.xml");
  assert.equal(trunk["auth-acl"], "trusted.acl");
});

Deno.test("every list denies what it does not name, and every list that is named exists", async () => {
  const elements = await readElements("autoload_configs/acl.conf.xml");
  const lists = elements.filter(({ name }) => name === "list");
  for (const { attributes } of lists) assert.equal(attributes.default, "deny");
  const names = lists.map(({ attributes }) => attributes.name);
  for (const path of FILES) {
    for (const { attributes } of await readElements(path)) {
      if (!/^(apply-inbound-acl|auth-acl)$/.test(attributes.name ?? "")) {
        continue;
      }
      assert.ok(names.includes(attributes.value), attributes.value);
    }
  }
  assert.match((await readVariables()).uap_cidr, /^10\.0\.0\.1\/32$/);
});

Deno.test("the event socket is closed to all but this host and has no known password", async () => {
  const socket = await readParameters("autoload_configs/event_socket.conf.xml");
  assert.equal(socket["listen-ip"], "127.0.0.1");
  assert.equal(socket["listen-port"], "8021");
  assert.equal(socket["apply-inbound-acl"], "esl.acl");
  assert.equal(socket.password, "$${vapi_esl_password}");
  for (const path of FILES) {
    assert.doesNotMatch(await readText(path), /ClueCon/, path);
  }
});

Deno.test("the RTP ports end before the kernel's ephemeral ports", async () => {
  const variables = await readVariables();
  const start = Number(variables.vapi_rtp_start_port);
  const end = Number(variables.vapi_rtp_end_port);
  const settings = await readText("sysctl/90-vapi-freeswitch.conf");
  const [, first] = /^net\.ipv4\.ip_local_port_range = (\d+) \d+$/m
    .exec(settings)!;
  assert.ok(start >= 1024 && start < end && end < Number(first));
  assert.match(settings, /^net\.ipv4\.ip_nonlocal_bind = 1$/m);
  const core = await readParameters("autoload_configs/switch.conf.xml");
  assert.equal(core["rtp-start-port"], "$${vapi_rtp_start_port}");
  assert.equal(core["rtp-end-port"], "$${vapi_rtp_end_port}");
});

Deno.test("every application and endpoint that is used has its module loaded", async () => {
  const modules = (await readElements("autoload_configs/modules.conf.xml"))
    .flatMap(({ attributes }) => attributes.module ?? []);
  for (const name of ["sofia", "event_socket", "dptools", "dialplan_xml"]) {
    assert.ok(modules.includes(`mod_${name}`), name);
  }
  for (const name of ["commands", "hash", "opus"]) {
    assert.ok(modules.includes(`mod_${name}`), name);
  }
});

Deno.test("both readmes have the same parts", async () => {
  const shapes = await Promise.all(["README.md", "README.zh-CN.md"].map(
    async (readme) =>
      (await readText(readme)).split("\n").map((line) =>
        /^\s*(#+|\d+\.|[-|]|```\w*)/.exec(line)?.[1] ?? (line ? "text" : "")
      ),
  ));
  assert.deepEqual(shapes[1], shapes[0]);
});
