import assert from "node:assert/strict";
import {
  checkFreeSwitch,
  judgeWay,
} from "../../../tools/doctor/check_freeswitch.ts";
import { EventSocket } from "../../../tools/doctor/event_socket.ts";
import { forever, linesOf, patient } from "./patient.ts";
import {
  type FreeSwitchScript,
  HEALTHY,
  startFreeSwitch,
} from "./scripted_event_socket.ts";

const PASSWORD = "s3cret-word";

async function examine(
  script: FreeSwitchScript,
  environment: Record<string, string> = { FS_ESL_PASSWORD: PASSWORD },
) {
  const freeSwitch = startFreeSwitch(script);
  const args = ["--fs-host", "127.0.0.1", "--fs-port", `${freeSwitch.port}`];
  const { FS_ESL_PASSWORD, ...settings } = environment;
  const { options, config } = patient(settings, args);
  const findings = await checkFreeSwitch({
    options,
    config,
    environment: { FS_ESL_PASSWORD },
    startFlags: [],
  }, forever());
  await freeSwitch.close();
  return { lines: linesOf(findings), commands: freeSwitch.commands };
}

function changed(command: string, answer: string): FreeSwitchScript {
  return { answers: { ...HEALTHY, [command]: answer } };
}

for (const dribble of [false, true]) {
  Deno.test(`a healthy FreeSWITCH has only good findings when its answers come ${dribble ? "byte by byte" : "at once"}`, async () => {
    const { lines } = await examine({ dribble });
    assert.deepEqual(lines.filter((line) => !line.startsWith("ok")), []);
    assert.equal(lines.length, 5);
    assert.ok(lines.some((line) => /FreeSWITCH 1\.10\.12/.test(line)));
    assert.ok(lines.some((line) => /uap9600 runs/.test(line)));
  });
}

Deno.test("a wrong password is a problem that does not show the password", async () => {
  const { lines } = await examine({ password: "another" });
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^problem: .*password is refused: -ERR invalid → set/);
  assert.doesNotMatch(lines[0], /s3cret|another/);
});

Deno.test("the published password is a warning when FreeSWITCH takes it", async () => {
  const { lines } = await examine({ password: "ClueCon" }, {});
  assert.match(lines[0], /^warning: the password is the published default/);
});

Deno.test("a FreeSWITCH whose list refuses us is told from a wrong password", async () => {
  const greeting =
    "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n";
  const { lines } = await examine({ greeting });
  assert.match(lines[0], /^problem: .*access denied.* → .*apply-inbound-acl/);
});

const NOT_FREESWITCH: [what: string, greeting: string][] = [
  ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n\n\n"],
  ["a long line", "x".repeat(200_000)],
  ["a huge length", "Content-Length: 999999999999\n\n"],
  ["a negative length", "Content-Length: -1\n\n"],
];

for (const [what, greeting] of NOT_FREESWITCH) {
  Deno.test(`what says ${what} is a problem and no FreeSWITCH`, async () => {
    const { lines } = await examine({ greeting });
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^problem: .*is not FreeSWITCH's event socket/);
  });
}

Deno.test("a missing module is a problem", async () => {
  const script = changed(
    "show modules",
    HEALTHY["show modules"].replaceAll("mod_sofia", "mod_sofia2"),
  );
  const { lines } = await examine(script);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("problem")).length,
    1,
  );
  assert.ok(lines.some((line) => /^problem: mod_sofia is not/.test(line)));
});

Deno.test("a profile that does not run is a problem", async () => {
  const script = changed(
    "sofia status",
    HEALTHY["sofia status"].replace("RUNNING (0)", "DOWN"),
  );
  const { lines } = await examine(script);
  assert.ok(lines.some((l) => /^problem: the profile uap9600 is DOWN/.test(l)));
});

Deno.test("a profile that is not there is a problem", async () => {
  const { lines } = await examine(changed("sofia status", "0 profiles\n"));
  assert.ok(lines.some((l) => /^problem: there is no profile uap9600/.test(l)));
});

Deno.test("an old FreeSWITCH is a warning", async () => {
  const { lines } = await examine(
    changed("version", "FreeSWITCH Version 1.6.20 (64bit)\n"),
  );
  assert.ok(lines.some((line) => /^warning: FreeSWITCH 1\.6\.20/.test(line)));
});

Deno.test("a dialplan that cannot be read is a warning", async () => {
  const { "xml_locate dialplan": _, ...answers } = HEALTHY;
  const { lines } = await examine({ answers });
  assert.ok(lines.some((l) => /^warning: the dialplan cannot be read/.test(l)));
});

Deno.test("a FreeSWITCH that nobody named and that is not there is a warning", async () => {
  const freeSwitch = startFreeSwitch();
  await freeSwitch.close();
  const healthy = patient({}, ["--fs-port", `${freeSwitch.port}`]);
  const [finding] = await checkFreeSwitch(healthy, forever());
  assert.equal(finding.state, "warning");
  const named = patient({}, [
    ...["--fs-port", `${freeSwitch.port}`, "--fs-host", "127.0.0.1"],
  ]);
  const [other] = await checkFreeSwitch(named, forever());
  assert.equal(other.state, "problem");
});

Deno.test("a FreeSWITCH on another host is a problem when our event socket is on loopback", () => {
  const lines = linesOf(judgeWay(patient(), "10.0.0.100"));
  assert.match(lines[0], /^problem: .*cannot reach ESL_HOST=127\.0\.0\.1/);
  assert.match(lines[1], /^problem: ESL_ALLOW=.* → add 10\.0\.0\.100/);
  const allowed = { ESL_HOST: "0.0.0.0", ESL_ALLOW: "10.0.0.0/8" };
  assert.deepEqual(judgeWay(patient(allowed), "10.0.0.100"), []);
});

Deno.test("the event socket refuses a command with a line break", async () => {
  const freeSwitch = startFreeSwitch();
  const { port } = freeSwitch;
  const address = { host: "127.0.0.1", port, password: PASSWORD };
  const socket = await EventSocket.open(address, forever());
  await assert.rejects(socket.api("version\n\napi system x"), TypeError);
  socket.close();
  socket.close();
  await freeSwitch.close();
  assert.deepEqual(freeSwitch.commands, [`auth ${PASSWORD}`]);
});

Deno.test("the event socket ends when its signal is aborted in the middle", async () => {
  const freeSwitch = startFreeSwitch({ greeting: "" });
  const { port } = freeSwitch;
  const end = new AbortController();
  const address = { host: "127.0.0.1", port, password: PASSWORD };
  const opening = EventSocket.open(address, end.signal);
  end.abort();
  await assert.rejects(opening);
  await freeSwitch.close();
});
