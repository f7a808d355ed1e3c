import assert from "node:assert/strict";
import { TextLineStream } from "../../../tools/text_lines.ts";
import { RELAY_VARIABLES } from "../../../tools/alert_relay/settings.ts";
import { startFakeRobot } from "./fake_robot.ts";
import { firingAlert, notificationOf } from "./notifications.ts";

const ROOT = new URL("../../../", import.meta.url);
const TASK: string[] = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
).tasks["alert-relay"].split(" ");

/** The relay by its own task, so with its permissions. */
function spawnRelay(env: Record<string, string>) {
  assert.equal(TASK[0], "deno");
  return new Deno.Command(Deno.execPath(), {
    args: TASK.slice(1),
    cwd: ROOT,
    env: { NO_COLOR: "1", ALERT_RELAY_PORT: "0", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("the task may read the relay's variables and no other", () => {
  assert.ok(TASK.includes(`--allow-env=${RELAY_VARIABLES.join(",")}`));
  assert.ok(
    !TASK.some((flag) => /^-A$|allow-(all|run|ffi|write|read)/.test(flag)),
  );
});

Deno.test("the relay passes a notification on and stops with code 0 upon SIGTERM", async () => {
  await using robot = startFakeRobot();
  const relay = spawnRelay({ DINGTALK_WEBHOOK_URL: robot.url });
  const lines = relay.stdout.pipeThrough(new TextLineStream()).getReader();
  const errors = new Response(relay.stderr).text();
  const { http } = JSON.parse((await lines.read()).value!);
  const response = await fetch(`http://${http}/dingtalk`, {
    method: "POST",
    body: JSON.stringify(notificationOf([firingAlert()])),
  });
  assert.deepEqual(await response.json(), { state: "sent" });
  assert.equal(robot.requests.length, 1);
  relay.kill("SIGTERM");
  assert.equal((await relay.status).code, 0, await errors);
  while (!(await lines.read()).done);
});

Deno.test("the relay ends with code 2 and every mistake when it cannot be set up", async () => {
  const relay = spawnRelay({ ALERT_RELAY_PORT: "x", DINGTALK_SECRET: "s" });
  const { code, stderr } = await relay.output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(code, 2);
  assert.match(text, /ALERT_RELAY_PORT must/);
  assert.match(text, /DINGTALK_SECRET needs/);
});

Deno.test("the relay ends with code 1 and one line when its port is taken", async () => {
  await using robot = startFakeRobot();
  const relay = spawnRelay({
    DINGTALK_WEBHOOK_URL: robot.url,
    ALERT_RELAY_PORT: new URL(robot.url).port,
  });
  const { code, stderr } = await relay.output();
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /^The relay cannot run: .+\n$/,
  );
});
