import assert from "node:assert/strict";
import { readSite } from "../../../tools/deploy/read_site.ts";
import { placeSwitchCall } from "../../../tools/deploy/switch_call.ts";
import { SwitchConnection } from "../../../tools/deploy/switch_connection.ts";
import { TextLineStream } from "../../../tools/text_lines.ts";

const PASSWORD = "a-password-of-a-test";

/** An inbound event socket that takes one connection and answers as FreeSWITCH does. */
interface FakeSwitch extends AsyncDisposable {
  readonly port: number;
  readonly commands: string[];
}

function startSwitch(answer: (command: string) => string): FakeSwitch {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const commands: string[] = [];
  const serving = (async () => {
    const conn = await listener.accept();
    const say = (text: string) =>
      conn.write(new TextEncoder().encode(text)).catch(() => 0);
    await say("Content-Type: auth/request\n\n");
    const lines = conn.readable.pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (line === "") continue;
      commands.push(line);
      if (line.startsWith("auth ")) {
        const reply = line === `auth ${PASSWORD}`
          ? "+OK accepted"
          : "-ERR invalid";
        await say(`Content-Type: command/reply\nReply-Text: ${reply}\n\n`);
        continue;
      }
      const body = answer(line);
      const length = new TextEncoder().encode(body).length;
      const head = `Content-Type: api/response\nContent-Length: ${length}\n\n`;
      // In two pieces, as TCP may deliver it.
      await say(head.slice(0, 20));
      await say(head.slice(20) + body);
    }
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    commands,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await serving;
    },
  };
}

async function withPassword(
  text: string,
  body: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, `${text}\n`);
    await body(path);
  } finally {
    await Deno.remove(path);
  }
}

function siteWith(port: number, password: string) {
  return readSite(
    `nodes: [{name: node1, host: 127.0.0.1}]
freeswitch: [{name: fs1, host: 127.0.0.1, eslPort: ${port}, eslPassword: "file:${password}"}]`,
    "site.yaml",
  );
}

/** A node that says in its metrics how many frames it has sent. */
function startNode(frames: () => number) {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response(
        `vapi_audio_frames_total{direction="downlink"} ${frames()}\n`,
      ),
  );
}

Deno.test("a call through FreeSWITCH is good when the node sends audio, and it is hung up", async () => {
  let frames = 10;
  await using machine = startSwitch((command) => {
    if (command.includes("originate")) frames += 100;
    return "+OK\n";
  });
  await using node = startNode(() => frames);
  await withPassword(PASSWORD, async (path) => {
    const said = await placeSwitchCall(siteWith(machine.port, path), {
      esl: "10.0.0.21:8084",
      httpUrl: `http://127.0.0.1:${node.addr.port}`,
    });
    assert.equal(said, "a call of fs1 through it got audio");
    assert.match(
      machine.commands[1],
      /^api originate \{origination_uuid=.*&socket\(10\.0\.0\.21:8084 async full\)'$/,
    );
    assert.match(machine.commands[2], /^api uuid_kill [0-9a-f-]{36}$/);
  });
});

Deno.test("a call that FreeSWITCH cannot place is a failure with its words", async () => {
  await using machine = startSwitch(() => "-ERR NORMAL_TEMPORARY_FAILURE\n");
  await using node = startNode(() => 0);
  await withPassword(PASSWORD, async (path) => {
    await assert.rejects(
      placeSwitchCall(siteWith(machine.port, path), {
        esl: "10.0.0.21:8084",
        httpUrl: `http://127.0.0.1:${node.addr.port}`,
      }),
      /fs1 could not place the call: -ERR NORMAL_TEMPORARY_FAILURE/,
    );
  });
});

Deno.test("no call is placed, and it is said why, when FreeSWITCH cannot be used", async () => {
  const place = { esl: "10.0.0.21:8084", httpUrl: "http://127.0.0.1:1" };
  const plain = readSite("nodes: [{name: a, host: h}]", "site.yaml");
  assert.match(
    await placeSwitchCall(plain, place),
    /no FreeSWITCH of the site/,
  );
  await using machine = startSwitch(() => "");
  await withPassword("another", async (path) => {
    const site = siteWith(machine.port, path);
    assert.match(await placeSwitchCall(site, place), /password was refused/);
  });
});

Deno.test("a command of more than one line is never sent", async () => {
  await using machine = startSwitch(() => "+OK\n");
  const connection = await SwitchConnection.open({
    host: "127.0.0.1",
    port: machine.port,
    password: PASSWORD,
  });
  await assert.rejects(connection.api("status\n\napi system id"), TypeError);
  assert.equal(await connection.api("status"), "+OK\n");
  connection.close();
  assert.equal(machine.commands.length, 2);
});
