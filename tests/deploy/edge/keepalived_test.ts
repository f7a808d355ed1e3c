import assert from "node:assert/strict";
import { runTool, testWithTool } from "../../support/debian_tool.ts";

const FOLDER = new URL("../../../deploy/keepalived/", import.meta.url);
const KEEPALIVED = { names: ["keepalived"], debianPackage: "keepalived" };
const RUNNING = [
  "                     Name\t   Type\t                                      Data\tState",
  "=".repeat(60),
  "                  uap9600\tprofile\t           sip:mod_sofia@10.0.0.100:5060\tRUNNING (3)",
  "                   webrtc\tprofile\t           sip:mod_sofia@10.0.0.100:5066\tDOWN",
  "              uap9600::uap\tgateway\t                     sip:FreeSWITCH@10.0.0.1\tREG",
  "=".repeat(60),
].join("\n");

/** What a switch does with a connection. */
interface SwitchOptions {
  readonly answers: Readonly<Record<string, string>>;
  /** It accepts and never says anything. */
  readonly silent?: boolean;
}

/** A listener that speaks as much of FreeSWITCH's event socket as the scripts need. */
interface FakeSwitch extends AsyncDisposable {
  readonly port: number;
  readonly commands: string[];
}

testWithTool(
  KEEPALIVED,
  "keepalived accepts the configuration",
  async (command) => {
    const folder = await Deno.makeTempDir();
    try {
      for (const { name } of Deno.readDirSync(FOLDER)) {
        const text = await Deno.readTextFile(new URL(name, FOLDER));
        // Scripts must exist where they are named; the interface need not.
        const here = text.replaceAll("/etc/keepalived/", `${folder}/`)
          .replace("global_defs {", "global_defs {\n    dynamic_interfaces");
        const mode = name.endsWith(".sh") ? 0o755 : 0o644;
        await Deno.writeTextFile(`${folder}/${name}`, here, { mode });
      }
      const file = `${folder}/keepalived.conf`;
      const said = await runTool(command, ["-t", "-f", file]);
      assert.equal(said.trim(), "");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("the script stands before its use, without a weight, and nobody preempts", async () => {
  const text = await Deno.readTextFile(new URL("keepalived.conf", FOLDER));
  const active = text.replace(/#.*$/gm, "");
  assert.ok(
    active.indexOf("vrrp_script check_fs") < active.indexOf("track_script"),
  );
  assert.doesNotMatch(active, /\bweight\b|\bauthentication\b|state MASTER/);
  assert.match(active, /\bnopreempt\b/);
});

Deno.test("the check succeeds when the profile runs", async () => {
  await using fake = startSwitch({ answers: { "sofia status": RUNNING } });
  const { code, error } = await run("check_fs.sh", fake);
  assert.equal(code, 0, error);
  assert.deepEqual(fake.commands, ["auth secret word", "api sofia status"]);
});

for (
  const [what, answers] of [
    ["is down", { "sofia status": RUNNING.replace("RUNNING", "DOWN") }],
    ["is not there", { "sofia status": RUNNING.replace("uap9600", "other") }],
    ["is named by a gateway only", {
      "sofia status": RUNNING.replace("uap9600\t", "other\t"),
    }],
  ] as const
) {
  Deno.test(`the check fails when the profile ${what}`, async () => {
    await using fake = startSwitch({ answers });
    const { code, error } = await run("check_fs.sh", fake);
    assert.equal(code, 1);
    assert.match(error, /the profile uap9600 does not run/);
  });
}

Deno.test("the check fails for one of several profiles", async () => {
  await using fake = startSwitch({ answers: { "sofia status": RUNNING } });
  const { code, error } = await run("check_fs.sh", fake, {
    FS_PROFILES: "uap9600 webrtc",
  });
  assert.equal(code, 1);
  assert.match(error, /the profile webrtc does not run/);
});

Deno.test("the check fails when the password is wrong", async () => {
  await using fake = startSwitch({ answers: {} });
  const { code, error } = await run("check_fs.sh", fake, {}, "other\n");
  assert.equal(code, 1);
  assert.match(error, /the password in .* is wrong/);
});

Deno.test("the check fails within its deadline when FreeSWITCH accepts and is silent", async () => {
  await using fake = startSwitch({ answers: {}, silent: true });
  const { code, error } = await run("check_fs.sh", fake, {
    FS_DEADLINE_SECONDS: "1",
  });
  assert.equal(code, 1);
  assert.match(error, /silent|in time/);
});

Deno.test("the check fails when nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { code } = await run("check_fs.sh", { port });
  assert.equal(code, 1);
});

Deno.test("a host that becomes master recovers calls when recovery is switched on, and only then", async () => {
  await using fake = startSwitch({ answers: { "sofia recover": "3 calls" } });
  assert.equal((await notify(fake, "MASTER", { recovers: false })).code, 0);
  assert.deepEqual(fake.commands, []);
  const { code, error, marks } = await notify(fake, "MASTER");
  assert.equal(code, 0, error);
  assert.deepEqual(fake.commands, ["auth secret word", "api sofia recover"]);
  assert.deepEqual(marks, ["master", "recover"]);
});

Deno.test("a host that loses the address ends FreeSWITCH, once", async () => {
  await using fake = startSwitch({ answers: {} });
  for (const state of ["BACKUP", "FAULT", "STOP"]) {
    const never = await notify(fake, state);
    assert.deepEqual(never.marks, ["recover"], state);
    const lost = await notify(fake, state, { wasMaster: true });
    assert.equal(lost.code, 0, lost.error);
    assert.deepEqual(lost.marks, ["ended", "recover"], state);
  }
});

/** Runs notify_fs.sh and tells which of its files are there afterwards. */
async function notify(
  fake: FakeSwitch,
  state: string,
  { recovers = true, wasMaster = false } = {},
) {
  const folder = await Deno.makeTempDir();
  try {
    if (recovers) await Deno.writeTextFile(`${folder}/recover`, "");
    if (wasMaster) await Deno.writeTextFile(`${folder}/master`, "");
    const outcome = await run("notify_fs.sh INSTANCE VI_1 " + state, fake, {
      RECOVER_FILE: `${folder}/recover`,
      MASTER_FILE: `${folder}/master`,
      END_COMMAND: `touch ${folder}/ended`,
    });
    const marks = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    return { ...outcome, marks };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(
  line: string,
  { port }: { readonly port: number },
  environment: Readonly<Record<string, string>> = {},
  password = "secret word",
) {
  const [script, ...args] = line.split(" ");
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, password);
    const { code, stderr } = await new Deno.Command("bash", {
      args: [new URL(script, FOLDER).pathname, ...args],
      env: {
        FS_PORT: String(port),
        FS_PASSWORD_FILE: file,
        FS_DEADLINE_SECONDS: "30",
        ...environment,
      },
      stdin: "null",
    }).output();
    return { code, error: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

function startSwitch({ answers, silent = false }: SwitchOptions): FakeSwitch {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const commands: string[] = [];
  const serving = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const conn of listener) {
      const served = silent ? drain(conn) : serve(conn, { answers, commands });
      serving.add(served);
    }
  })();
  return {
    port: listener.addr.port,
    commands,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(serving);
    },
  };
}

async function drain(conn: Deno.TcpConn): Promise<void> {
  using _ = conn;
  const chunk = new Uint8Array(1024);
  while (await conn.read(chunk).catch(() => null) !== null);
}

async function serve(
  conn: Deno.TcpConn,
  { answers, commands }: {
    answers: SwitchOptions["answers"];
    commands: string[];
  },
): Promise<void> {
  using _ = conn;
  const encoder = new TextEncoder();
  const send = (text: string) => conn.write(encoder.encode(text));
  await send("Content-Type: auth/request\n\n");
  const chunk = new Uint8Array(4096);
  let pending = "";
  for (;;) {
    const count = await conn.read(chunk).catch(() => null);
    if (count === null) return;
    pending += new TextDecoder().decode(chunk.subarray(0, count));
    for (let end; (end = pending.indexOf("\n\n")) >= 0;) {
      const command = pending.slice(0, end);
      pending = pending.slice(end + 2);
      commands.push(command);
      await send(reply(command, answers));
    }
  }
}

function reply(command: string, answers: SwitchOptions["answers"]): string {
  if (command.startsWith("auth ")) {
    const text = command === "auth secret word"
      ? "+OK accepted"
      : "-ERR invalid";
    return `Content-Type: command/reply\nReply-Text: ${text}\n\n`;
  }
  const body = answers[command.slice("api ".length)] ?? "-ERR no such command";
  const length = new TextEncoder().encode(body).length;
  return `Content-Type: api/response\nContent-Length: ${length}\n\n${body}`;
}
