import assert from "node:assert/strict";
import { dirname } from "node:path/posix";
import { parse } from "yaml";
import { renderCompose } from "../../../tools/deploy/compose/render_compose.ts";
import { memoryMib } from "../../../tools/deploy/node_size.ts";
import { stopSeconds } from "../../../tools/deploy/node_settings.ts";
import { runTool, testWithTool } from "../../support/debian_tool.ts";
import { oneHostContext } from "./target_rig.ts";

const context = oneHostContext();
const files = await renderCompose(context);
const { services, secrets } = parse(files.get("compose.yaml")!);
const NODES = ["node1", "node2", "node3"];
const COMPOSE = {
  names: ["docker-compose"],
  debianPackage: "docker-compose",
};

Deno.test("each node of the site is a service with ports of its own", () => {
  assert.equal(services.node, undefined);
  const ports = NODES.map((name) => services[name].environment.ESL_PORT);
  assert.deepEqual(ports, ["8084", "8085", "8086"]);
  assert.equal(services.node1.environment.ESL_ALLOW, "10.0.0.11/32");
  assert.equal(services.node1.environment.ESL_HOST, "10.0.0.21");
});

Deno.test("every service is restarted, logs within bounds, and gains no privileges", () => {
  for (
    const [name, service] of Object.entries<Record<string, unknown>>(services)
  ) {
    assert.equal(service.restart, "unless-stopped", name);
    assert.equal(service.network_mode, "host", name);
    assert.deepEqual(service.security_opt, ["no-new-privileges:true"], name);
    const { options } = service.logging as { options: Record<string, string> };
    assert.equal(options["max-size"], "20m", name);
  }
});

Deno.test("a node has longer than the drain before it is killed", () => {
  const grace = stopSeconds(context.site);
  assert.equal(services.node2.stop_grace_period, `${grace}s`);
  assert.ok(grace >= Number(services.node2.environment.DRAIN_SECONDS) + 15);
});

Deno.test("every shard of a node may fill its heap before the container is killed", () => {
  const { environment, mem_limit } = services.node1;
  const heaps = environment.SHARDS * environment.SHARD_HEAP_MB;
  assert.ok(
    heaps > 0 && heaps + memoryMib(context.site) <= parseInt(mem_limit),
  );
});

Deno.test("nodes find the Redis that runs beside them, and have names of their own", () => {
  for (const name of NODES) {
    const { environment } = services[name];
    assert.equal(environment.REDIS_URL, "redis://127.0.0.1:6379");
    assert.equal(environment.NODE_NAME, name);
  }
});

Deno.test("FreeSWITCH's health is what its event socket answers", async () => {
  const { healthcheck, environment, secrets: own } =
    services["freeswitch-check"];
  assert.deepEqual(healthcheck.test, ["CMD", "bash", "/opt/check/check_fs.sh"]);
  assert.deepEqual(own, ["esl_password"]);
  assert.equal(environment.FS_PASSWORD_FILE, "/run/secrets/esl_password");
  const directory = await Deno.makeTempDir();
  try {
    // Without execute bits, as a release has them, and with nobody to ask.
    for (const name of ["check_fs.sh", "fs_api.sh"]) {
      const text = files.get(`keepalived/${name}`)!;
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    await Deno.writeTextFile(`${directory}/password`, "x\n");
    const { code, stderr } = await new Deno.Command("bash", {
      args: [`${directory}/check_fs.sh`],
      env: { FS_PORT: "1", FS_PASSWORD_FILE: `${directory}/password` },
    }).output();
    assert.equal(code, 1);
    assert.match(
      new TextDecoder().decode(stderr),
      /cannot connect to 127\.0\.0\.1:1/,
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("secrets are a file, and no service has one in its environment", () => {
  assert.equal(secrets.vapi.file, "/nowhere/secrets/vapi.env");
  for (const name of NODES) {
    for (const variable of Object.keys(services[name].environment)) {
      assert.doesNotMatch(variable, /_(KEY|KEYS|SECRET|PASSWORD|TOKEN)$/);
    }
  }
});

Deno.test("everything that a service mounts from the release is rendered", () => {
  for (const service of Object.values<{ volumes?: string[] }>(services)) {
    for (const volume of service.volumes ?? []) {
      if (!volume.startsWith("./")) continue;
      const path = volume.split(":")[0].slice(2);
      const isThere = [...files.keys()].some((each) =>
        each === path || each.startsWith(`${path}/`)
      );
      assert.ok(isThere, path);
    }
  }
});

Deno.test("Prometheus looks at every node where it listens", () => {
  const [{ targets }] = parse(files.get("prometheus/targets/vapi.yml")!);
  const nodes = NODES.map((name) => services[name].environment);
  assert.deepEqual(
    targets,
    nodes.map(({ HTTP_HOST, HTTP_PORT }) => `${HTTP_HOST}:${HTTP_PORT}`),
  );
});

testWithTool(
  COMPOSE,
  "docker-compose understands the rendered file",
  async (command) => {
    const directory = await Deno.makeTempDir();
    try {
      for (const [path, text] of files) {
        await Deno.mkdir(dirname(`${directory}/${path}`), { recursive: true });
        await Deno.writeTextFile(`${directory}/${path}`, text);
      }
      const file = `${directory}/compose.yaml`;
      const said = parse(await runTool(command, ["-f", file, "config"]));
      for (const name of NODES) assert.ok(said.services[name], name);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);
