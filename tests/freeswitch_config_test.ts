import assert from "node:assert/strict";
import {
  actionsFor,
  FREESWITCH_ROOT as ROOT,
  positionsOf,
  readElements,
  readParameters,
  readText,
  readVariables,
  valueOf,
} from "./support/freeswitch_files.ts";
import { readXml } from "./support/xml_reader.ts";

const FILES = [
  "vapi_vars.xml",
  "sip_profiles/uap9600.xml",
  "dialplan/from-uap.xml",
  "autoload_configs/acl.conf.xml",
  "autoload_configs/event_socket.conf.xml",
  "autoload_configs/switch.conf.xml",
];
const INSTALL =
  "xmllint is missing, a smaller reader checks instead; install it with: apt-get install libxml2-utils";

for (const path of FILES) {
  Deno.test(`${path} is well-formed`, async () => {
    readXml(await readText(path));
    try {
      const { code, stderr } = await new Deno.Command("xmllint", {
        args: ["--noout", "--nonet", new URL(path, ROOT).pathname],
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      console.warn(INSTALL);
    }
  });

  Deno.test(`${path} is mentioned in both readmes`, async () => {
    for (const readme of ["README.md", "README.zh-CN.md"]) {
      assert.ok((await readText(readme)).includes(`\`${path}\``), readme);
    }
  });
}

Deno.test("the list of configuration files is complete", async () => {
  const found: string[] = [];
  for (
    const folder of ["", "sip_profiles/", "dialplan/", "autoload_configs/"]
  ) {
    for await (const { name } of Deno.readDir(new URL(folder, ROOT))) {
      if (name.endsWith(".xml")) found.push(folder + name);
    }
  }
  assert.deepEqual(found.sort(), [...FILES].sort());
});

Deno.test("every global variable that is used is set to something", async () => {
  const variables = await readVariables();
  for (const path of FILES) {
    // FreeSWITCH itself sets the domain.
    for (const [, name] of (await readText(path)).matchAll(/\$\$\{(\w+)\}/g)) {
      if (name !== "domain") assert.ok(variables[name], `${path}: ${name}`);
    }
  }
});

Deno.test("no preprocessor line stands in a comment, where it would run", async () => {
  for (const path of FILES) {
    for (const [comment] of (await readText(path)).matchAll(/<!--[^]*?-->/g)) {
      assert.doesNotMatch(comment, /X-PRE-PROCESS/, path);
    }
  }
});

Deno.test("a call goes to the assistant of its number", async () => {
  const expected = {
    "4001234567": "sales",
    "4007654321": "support",
    "1000": "support",
  };
  for (const [number, assistant] of Object.entries(expected)) {
    const actions = await actionsFor(number);
    assert.equal(valueOf("vapi_assistant_id", actions), assistant, number);
    assert.ok(positionsOf("socket", actions).length > 0, number);
  }
});

Deno.test("a call to another number does nothing", async () => {
  for (const number of ["", "100", "10000", "400123456", "14001234567"]) {
    assert.deepEqual(await actionsFor(number), [], number);
  }
});

Deno.test("each socket has a guard of its own right before it", async () => {
  const actions = await actionsFor("1000");
  const sockets = positionsOf("socket", actions);
  assert.ok(sockets.length >= 2, "a node that dies needs a second attempt");
  for (const at of sockets) {
    assert.deepEqual(actions[at - 1], {
      application: "sched_hangup",
      data: "+30 allotted_timeout",
    });
  }
});

Deno.test("each socket names hosts by a variable and asks for async full", async () => {
  const variables = await readVariables();
  const actions = await actionsFor("1000");
  for (const at of positionsOf("socket", actions)) {
    const [, name] = /^\$\$\{(\w+)\} async full$/.exec(actions[at].data) ?? [];
    const hosts = variables[name]?.split("|") ?? [];
    assert.ok(hosts.length > 0, actions[at].data);
    for (const host of hosts) assert.match(host, /^[\w.-]+:8084$/);
  }
});

Deno.test("nothing picks up or plays before the socket", async () => {
  const actions = await actionsFor("1000");
  const before = actions.slice(0, positionsOf("socket", actions)[0]);
  const names = before.map(({ application }) => application);
  assert.deepEqual(
    new Set(names),
    new Set(["set", "ring_ready", "sched_hangup"]),
  );
});

Deno.test("what a call needs is set before the socket", async () => {
  const actions = await actionsFor("1000");
  const before = actions.slice(0, positionsOf("socket", actions)[0]);
  assert.equal(valueOf("send_silence_when_idle", before), "400");
  assert.equal(valueOf("hangup_after_bridge", before), "true");
  assert.equal(valueOf("vapi_cause", before), "NORMAL_TEMPORARY_FAILURE");
  assert.ok(Number(valueOf("media_timeout", before)) >= 10_000, "milliseconds");
});

Deno.test("a call that nobody serves ends with the cause that the server gave", async () => {
  assert.deepEqual((await actionsFor("1000")).at(-1), {
    application: "hangup",
    data: "${vapi_cause}",
  });
});

Deno.test("nothing in the dialplan ends the exchange of audio or names 8021", async () => {
  const text = await readText("dialplan/from-uap.xml");
  assert.doesNotMatch(text, /application="(playback|record|say|answer)"/);
  assert.doesNotMatch(text, /8021/);
});

Deno.test("the trunk's profile belongs to the trunk's context and list", async () => {
  const parameters = await readParameters("sip_profiles/uap9600.xml");
  assert.equal(parameters.context, "from-uap");
  assert.equal(parameters["apply-inbound-acl"], "uap.acl");
  const elements = await readElements("dialplan/from-uap.xml");
  const context = elements.find(({ name }) => name === "context");
  assert.equal(context?.attributes.name, "from-uap");
});

Deno.test("the trunk's profile takes G.711 of 20 ms only, paced by the soft timer", async () => {
  const parameters = await readParameters("sip_profiles/uap9600.xml");
  for (const codec of parameters["inbound-codec-prefs"].split(",")) {
    assert.match(codec, /^PCM[AU]@8000h@20i@64000b$/);
  }
  assert.equal(parameters["rtp-timer-name"], "soft");
});

Deno.test("parameters stand in a profile's settings, where FreeSWITCH looks", async () => {
  const profile = readXml(await readText("sip_profiles/uap9600.xml"));
  assert.deepEqual(profile.children.map(({ name }) => name), ["settings"]);
  for (const { name } of profile.children[0].children) {
    assert.equal(name, "param");
  }
});

Deno.test("every list denies what it does not name", async () => {
  const elements = await readElements("autoload_configs/acl.conf.xml");
  const lists = elements.filter(({ name }) => name === "list");
  const byName = new Map(lists.map((list) => [list.attributes.name, list]));
  assert.ok(byName.has("uap.acl") && byName.has("esl.acl"));
  for (const { attributes } of lists) assert.equal(attributes.default, "deny");
  const [caller] = byName.get("uap.acl")!.children;
  assert.equal(caller.attributes.cidr, "$${uap_cidr}");
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
  const { vapi_rtp_start_port: start, vapi_rtp_end_port: end } =
    await readVariables();
  assert.ok(Number(start) >= 1024 && Number(start) < Number(end));
  assert.ok(Number(end) < 32768);
  const settings = await readParameters("autoload_configs/switch.conf.xml");
  assert.equal(settings["rtp-start-port"], "$${vapi_rtp_start_port}");
  assert.equal(settings["rtp-end-port"], "$${vapi_rtp_end_port}");
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
