import assert from "node:assert/strict";
import type { ProcessSpec } from "../../../tools/deploy/local/process_spec.ts";
import { SupervisorClient } from "../../../tools/deploy/local/supervisor_client.ts";
import { until } from "../../../tools/deploy/until.ts";
import { isAlive } from "./is_alive.ts";

const DEADLINE_MS = 60_000;
const soon = () => AbortSignal.timeout(DEADLINE_MS);
const always = () => Promise.resolve(true);
const notYet = () => Promise.resolve(false);

function shell(
  name: string,
  script: string,
  more: Partial<ProcessSpec> = {},
): ProcessSpec {
  return {
    name,
    order: 0,
    command: "/bin/sh",
    args: ["-c", script],
    directory: "/",
    environment: {},
    secrets: {},
    stopSeconds: 5,
    version: "1",
    ...more,
  };
}

async function withSupervisor(
  body: (client: SupervisorClient, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const client = new SupervisorClient(directory);
  try {
    await client.start();
    await body(client, directory);
  } finally {
    await client.stop();
    await Deno.remove(directory, { recursive: true });
  }
}

async function pidOf(client: SupervisorClient, name: string): Promise<number> {
  let pid: number | undefined;
  await until(async () => {
    const status = await client.statusOf(name);
    if (status?.state === "running") pid = status.pid;
    return pid !== undefined;
  }, soon());
  return pid!;
}

Deno.test("the supervisor starts a process again when it was killed", async () => {
  await withSupervisor(async (client) => {
    await client.want("a", shell("a", "exec sleep 1000"));
    const first = await pidOf(client, "a");
    Deno.kill(first, "SIGKILL");
    await until(async () => {
      const status = await client.statusOf("a");
      return status?.state === "running" && status.pid !== first;
    }, soon());
    const status = await client.statusOf("a");
    assert.equal(status?.restarts, 1);
    assert.equal(status?.lastExit, "SIGKILL");
  });
});

Deno.test("a process that ends again and again is given up by who waits for it", async () => {
  await withSupervisor(async (client, directory) => {
    await client.want("a", shell("a", "echo cannot; exit 7"));
    const waiting = client.untilReady("a", {
      version: "1",
      isReady: notYet,
      stop: soon(),
    });
    await assert.rejects(
      waiting,
      /ended 3 times, the last time with exit code 7/,
    );
    const log = await Deno.readTextFile(`${directory}/logs/a.log`);
    assert.match(log, /^cannot$/m);
  });
});

Deno.test("a command that does not exist is reported and costs nothing else", async () => {
  await withSupervisor(async (client) => {
    await client.want("a", shell("a", "", { command: "/does/not/exist" }));
    await client.want("b", shell("b", "exec sleep 1000"));
    assert.ok(await pidOf(client, "b"));
    await until(
      async () => (await client.statusOf("a"))!.restarts > 0,
      soon(),
    );
  });
});

Deno.test("another version replaces a process after the old one has ended in order", async () => {
  await withSupervisor(async (client, directory) => {
    const script = "trap 'echo bye; exit 0' TERM; echo up; " +
      "while :; do sleep 0.05; done";
    await client.want("a", shell("a", script));
    const log = () => Deno.readTextFile(`${directory}/logs/a.log`);
    await until(
      async () => (await log().catch(() => "")).includes("up"),
      soon(),
    );
    const spec = shell("a", "echo new; exec sleep 1000", { version: "2" });
    await client.want("a", spec);
    await client.untilReady("a", {
      version: "2",
      isReady: always,
      stop: soon(),
    });
    await until(async () => (await log()).includes("new"), soon());
    assert.match(await log(), /up\nbye\nnew/);
  });
});

Deno.test("a process that does not heed SIGTERM is killed after its time", async () => {
  await withSupervisor(async (client) => {
    const script = "trap '' TERM; while :; do sleep 0.05; done";
    await client.want("a", shell("a", script, { stopSeconds: 0.2 }));
    const pid = await pidOf(client, "a");
    await client.want("a", undefined);
    await until(async () => !await isAlive(pid), soon());
    await until(
      async () => (await client.statusOf("a"))?.state === "stopped",
      soon(),
    );
  });
});

Deno.test("secrets reach a process from their files, and nothing of the shell does", async () => {
  await withSupervisor(async (client, directory) => {
    await Deno.writeTextFile(`${directory}/key`, "s3cret\n");
    const spec = shell("a", "/usr/bin/env; exec sleep 1000", {
      environment: { PLAIN: "text" },
      secrets: { KEY: `${directory}/key` },
    });
    await client.want("a", spec);
    const path = `${directory}/logs/a.log`;
    await until(
      async () =>
        (await Deno.readTextFile(path).catch(() => "")).includes("KEY"),
      soon(),
    );
    const log = await Deno.readTextFile(path);
    assert.match(log, /^KEY=s3cret$/m);
    assert.match(log, /^PLAIN=text$/m);
    assert.doesNotMatch(log, /^HOME=/m);
  });
});

Deno.test("the supervisor ends everything at SIGTERM, the highest order first", async () => {
  await withSupervisor(async (client, directory) => {
    const script = (name: string) =>
      `trap 'echo ${name} >>${directory}/ended; exit 0' TERM; ` +
      "echo up; while :; do sleep 0.05; done";
    const pids: number[] = [];
    for (const [name, order] of [["a", 0], ["b", 2], ["c", 1]] as const) {
      await client.want(name, shell(name, script(name), { order }));
      const log = `${directory}/logs/${name}.log`;
      await until(
        async () => (await Deno.readTextFile(log).catch(() => "")) !== "",
        soon(),
      );
      pids.push(await pidOf(client, name));
    }
    await client.stop();
    const ended = await Deno.readTextFile(`${directory}/ended`);
    assert.equal(ended, "b\nc\na\n");
    for (const pid of pids) assert.equal(await isAlive(pid), false);
    assert.equal(await client.status(), undefined);
  });
});

Deno.test("nothing is left running when the supervisor itself is killed", async () => {
  await withSupervisor(async (client) => {
    await client.want("a", shell("a", "exec sleep 1000"));
    const pid = await pidOf(client, "a");
    Deno.kill((await client.status())!.pid, "SIGKILL");
    await until(async () => !await isAlive(pid), soon());
    // Its threads do not end in the same moment.
    await until(async () => await client.status() === undefined, soon());
  });
});
