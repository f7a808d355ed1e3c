import assert from "node:assert/strict";
import { ApiRig } from "../../support/api_rig.ts";
import { listOpenFiles } from "../../support/open_files.ts";
import {
  CAN_RESET,
  resetConnections,
} from "../../support/reset_connections.ts";

const UPGRADE = [
  "GET /ws HTTP/1.1",
  "Host: gateway",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** A connection on which a test says what it likes. */
async function connect(rig: ApiRig): Promise<Deno.TcpConn> {
  const { port } = rig.gateway.addr;
  return await Deno.connect({ hostname: "127.0.0.1", port });
}

function countSockets(): number {
  return listOpenFiles(Deno.pid).filter((each) => /^socket:/.test(each)).length;
}

async function say(connection: Deno.TcpConn, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

/** What the gateway says until it closes. */
async function hearAll(connection: Deno.TcpConn): Promise<string> {
  let text = "";
  const bytes = new Uint8Array(4096);
  for (;;) {
    const count = await connection.read(bytes).catch(() => null);
    if (count === null) break;
    text += new TextDecoder().decode(bytes.subarray(0, count));
  }
  connection.close();
  return text;
}

function head(...lines: string[]): string {
  return [...lines, "", ""].join("\r\n");
}

const TICKET = "Sec-WebSocket-Protocol: vapi.v1, ticket.a.b.c";

/** {@linkcode UPGRADE} without the lines of this name, and with others. */
function changed(name: string, ...lines: string[]): string {
  const rest = UPGRADE.filter((line) => !line.startsWith(`${name}:`));
  return head(...rest, TICKET, ...lines);
}

const REFUSED: [what: string, text: string, status: RegExp][] = [
  [
    "another path",
    head("GET /v1/calls HTTP/1.1", "Host: a"),
    /^HTTP\/1.1 404 /,
  ],
  ["another method", head("POST /ws HTTP/1.1", "Host: a"), /^HTTP\/1.1 404 /],
  [
    "no upgrade",
    head("GET /ws HTTP/1.1", "Host: a"),
    /^HTTP\/1.1 426 .*\r\nConnection: upgrade\r\nUpgrade: websocket\r\n/s,
  ],
  [
    "another upgrade",
    changed("Upgrade", "Upgrade: h2c"),
    /^HTTP\/1.1 426 .*\r\nUpgrade: websocket\r\n/s,
  ],
  ["no Connection", changed("Connection"), /^HTTP\/1.1 426 /],
  [
    "another Connection",
    changed("Connection", "Connection: close"),
    /^HTTP\/1.1 426 /,
  ],
  ["no host", changed("Host"), /^HTTP\/1.1 400 /],
  ["two hosts", changed("", "Host: b"), /^HTTP\/1.1 400 /],
  ["a body", changed("", "Content-Length: 5") + "hello", /^HTTP\/1.1 400 /],
  [
    "a body in chunks",
    changed("", "Transfer-Encoding: chunked"),
    /^HTTP\/1.1 400 /,
  ],
  [
    "no version",
    changed("Sec-WebSocket-Version"),
    /^HTTP\/1.1 426 .*\r\nSec-WebSocket-Version: 13, 8\r\n/s,
  ],
  ["no protocol", head(...UPGRADE), /^HTTP\/1.1 400 /],
  [
    "another protocol",
    head(...UPGRADE, "Sec-WebSocket-Protocol: chat"),
    /^HTTP\/1.1 400 /,
  ],
  [
    "no ticket",
    head(...UPGRADE, "Sec-WebSocket-Protocol: vapi.v1"),
    /^HTTP\/1.1 401 /,
  ],
  ["a ticket of nobody's", head(...UPGRADE, TICKET), /^HTTP\/1.1 401 /],
  ["no HTTP", head("hello"), /^HTTP\/1.1 400 /],
  ["another version of HTTP", head("GET /ws HTTP/1.0"), /^HTTP\/1.1 400 /],
  ["a header that is none", head(...UPGRADE, "a b: c"), /^HTTP\/1.1 400 /],
  ["a folded header", head(...UPGRADE, "A: b", " c"), /^HTTP\/1.1 400 /],
  ["an h2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1.1 400 /],
];
for (const [what, text, status] of REFUSED) {
  Deno.test(`a connection with ${what} is refused in words and closed`, async () => {
    await using rig = new ApiRig();
    const connection = await connect(rig);
    await say(connection, text);
    const answer = await hearAll(connection);
    assert.match(answer, status);
    const why = answer.includes(" 401 ") ? "ticket" : "request";
    assert.deepEqual(rig.rejected, [why]);
    assert.ok(JSON.parse(answer.split("\r\n\r\n")[1]).error.length > 0);
    assert.equal(rig.received.length, 0);
  });
}

for (
  const [what, change] of [
    ["no key", (text: string) => text.replace(/Sec-WebSocket-Key.*\r\n/, "")],
    ["the same protocol twice", (text) => text.replace("v1", "v1, vapi.v1")],
  ] satisfies [string, (text: string) => string][]
) {
  Deno.test(`a connection with a ticket and ${what} is refused in words, counted and closed`, async () => {
    await using rig = new ApiRig();
    const { body } = await rig.book();
    const protocols = `Sec-WebSocket-Protocol: vapi.v1, ticket.${body.ticket}`;
    const connection = await connect(rig);
    await say(connection, change(head(...UPGRADE, protocols)));
    const answer = await hearAll(connection);
    assert.match(answer, /^HTTP\/1.1 400 /);
    assert.ok(JSON.parse(answer.split("\r\n\r\n")[1]).error.length > 0);
    assert.deepEqual(rig.rejected, ["request"]);
    assert.equal(rig.received.length, 0);
  });
}

for (
  const [what, from, to] of [
    ["an absolute target", "/ws", "http://gateway:3001/ws"],
    ["an empty line before it", "GET", "\r\nGET"],
    ["a list of upgrades", "Upgrade: w", "Upgrade: h2c, W"],
    ["a list of options", "Connection: U", "Connection: keep-alive, u"],
    ["an empty body", "Upgrade: w", "Content-Length: 0\r\nUpgrade: w"],
    ["a query", "/ws", "/ws?a=http://b/c"],
  ]
) {
  Deno.test(`a request with ${what} becomes a WebSocket`, async () => {
    await using rig = new ApiRig();
    const { body } = await rig.book();
    const protocols = `Sec-WebSocket-Protocol: vapi.v1, ticket.${body.ticket}`;
    const connection = await connect(rig);
    await say(connection, head(...UPGRADE, protocols).replace(from, to));
    (await rig.taken(0)).leave();
    await connection.write(frame(LAST | CLOSE));
    assert.match(await hearAll(connection), /^HTTP\/1.1 101 /);
    assert.deepEqual(rig.rejected, []);
  });
}

Deno.test("a head that is too long is cut off without an answer", async () => {
  await using rig = new ApiRig();
  const connection = await connect(rig);
  await say(connection, `GET /ws HTTP/1.1\r\nA: ${"x".repeat(9000)}`);
  assert.equal(await hearAll(connection), "");
  assert.deepEqual(rig.rejected, ["head"]);
});

Deno.test("a head may come byte by byte, and a message right behind it", async () => {
  await using rig = new ApiRig();
  const { body } = await rig.book();
  const protocols = `Sec-WebSocket-Protocol: vapi.v1,ticket.${body.ticket}`;
  const connection = await connect(rig);
  const text = head(...UPGRADE, protocols);
  for (const each of text.slice(0, 60)) await say(connection, each);
  // A key pressed, masked by zeros: the same as it stands.
  const key = '{"type":"dtmf","digit":"7"}';
  const bytes = new Uint8Array(6 + key.length);
  bytes.set([0x81, 0x80 | key.length]);
  bytes.set(new TextEncoder().encode(key), 6);
  await say(connection, text.slice(60, -1));
  await connection.write(
    Uint8Array.from([...new TextEncoder().encode(text.slice(-1)), ...bytes]),
  );
  const control = await rig.taken(0);
  const pressed = Promise.withResolvers<string>();
  control.listen({
    dtmf: pressed.resolve,
    held() {},
    hungUp() {},
    statistics() {},
    closed() {},
  });
  assert.equal(await pressed.promise, "7");
  control.leave();
  assert.match(await hearAll(connection), /^HTTP\/1.1 101 /);
});

for (const how of ["closed", "half closed"]) {
  Deno.test(`connections that are ${how} right behind their head leave nothing`, async () => {
    await using rig = new ApiRig();
    const { body } = await rig.book();
    const protocols = `Sec-WebSocket-Protocol: vapi.v1,ticket.${body.ticket}`;
    const before = countSockets();
    for (let i = 0; i < 50; i++) {
      const connection = await connect(rig);
      await say(connection, head(...UPGRADE, protocols));
      if (how === "closed") connection.close();
      else {
        await connection.closeWrite();
        await hearAll(connection);
      }
    }
    // The last ones may not have been noticed yet.
    while (countSockets() > before) await rig.ask("/v1/calls");
  });
}

Deno.test("a message that never ends is cut off", async () => {
  await using rig = new ApiRig();
  const { body } = await rig.book();
  const protocols = `Sec-WebSocket-Protocol: vapi.v1,ticket.${body.ticket}`;
  const connection = await connect(rig);
  await say(connection, head(...UPGRADE, protocols));
  const heard = hearAll(connection);
  const piece = new Uint8Array(8 + 1000);
  piece.set([0x01, 0x80 | 126, 1000 >> 8, 1000 & 0xff]);
  let sent = 0;
  while (sent < 10_000) {
    const isThere = await connection.write(piece).catch(() => 0);
    if (isThere === 0) break;
    // A piece that continues.
    piece[0] = 0x00;
    sent++;
  }
  await heard;
  assert.ok(sent < 10_000);
});

/** A connection that was upgraded by hand, and its call. */
async function upgraded(rig: ApiRig) {
  const { body } = await rig.book();
  const protocols = `Sec-WebSocket-Protocol: vapi.v1,ticket.${body.ticket}`;
  const connection = await connect(rig);
  const known = rig.received.length;
  await say(connection, head(...UPGRADE, protocols));
  const control = await rig.taken(known);
  const gone = Promise.withResolvers<string>();
  const keys: string[] = [];
  control.listen({
    dtmf: (digit) => keys.push(digit),
    held() {},
    hungUp() {},
    statistics() {},
    closed: gone.resolve,
  });
  return { connection, control, keys, gone: gone.promise };
}

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
/** The first bit of a frame that is the last one of its message. */
const LAST = 0x80;

/** A frame of less than 126 bytes, masked by zeros. */
function frame(head: number, data = ""): Uint8Array {
  const bytes = new Uint8Array(6 + data.length);
  bytes.set([head, 0x80 | data.length]);
  bytes.set(new TextEncoder().encode(data), 6);
  return bytes;
}

/** The same frame so many times. */
function many(count: number, each: Uint8Array): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, () => [...each]).flat());
}

/** Writes all, or as much as the gateway takes before it cuts off. */
async function pour(connection: Deno.TcpConn, bytes: Uint8Array) {
  for (let sent = 0; sent < bytes.length;) {
    const count = await connection.write(bytes.subarray(sent)).catch(() => 0);
    if (count === 0) return;
    sent += count;
  }
}

const FLOODS: [what: string, each: Uint8Array][] = [
  ["pongs", frame(LAST | PONG)],
  ["pings", frame(LAST | PING)],
  ["pongs with something in them", frame(LAST | PONG, "x".repeat(125))],
  ["messages", frame(LAST | BINARY)],
];
for (const [what, each] of FLOODS) {
  Deno.test(`whoever floods a call with ${what} is cut off`, async () => {
    await using rig = new ApiRig();
    const { connection, gone } = await upgraded(rig);
    const heard = hearAll(connection);
    await pour(connection, many(1200, each));
    assert.match(await gone, /closed: 1006$/);
    await heard;
  });

  Deno.test(`whoever floods a call that ends with ${what} is cut off`, async () => {
    await using rig = new ApiRig();
    const { connection, control, gone } = await upgraded(rig);
    const fromMs = performance.now();
    control.leave();
    const heard = hearAll(connection);
    await pour(connection, many(1200, each));
    await gone;
    await heard;
    // Whoever only says nothing has 2 s.
    assert.ok(performance.now() - fromMs < 1500);
  });
}

Deno.test("pings now and then are answered, and pongs are borne", async () => {
  await using rig = new ApiRig();
  const { connection, keys, gone } = await upgraded(rig);
  const heard = hearAll(connection);
  for (let i = 0; i < 40; i++) {
    await pour(connection, frame(LAST | PING, "still there?"));
    await pour(connection, frame(LAST | PONG));
  }
  await pour(connection, frame(LAST | TEXT, '{"type":"dtmf","digit":"7"}'));
  await pour(connection, frame(LAST | CLOSE));
  assert.match(await gone, /closed: 1005$/);
  const answers = (await heard).split("still there?").length - 1;
  assert.equal(answers, 40);
  assert.deepEqual(keys, ["7"]);
});

Deno.test("a message may come in some pieces, and not in many", async () => {
  await using rig = new ApiRig();
  const { connection, keys, gone } = await upgraded(rig);
  const heard = hearAll(connection);
  const key = [...'{"type":"dtmf","digit":"7"}'];
  const last = key.splice(15).join("");
  await pour(connection, frame(TEXT, key.shift()));
  for (const each of key) await pour(connection, frame(CONTINUATION, each));
  await pour(connection, frame(LAST | CONTINUATION, last));
  await pour(connection, frame(BINARY));
  await pour(connection, many(16, frame(CONTINUATION)));
  assert.match(await gone, /closed: 1006$/);
  assert.deepEqual(keys, ["7"]);
  await heard;
});

/** Not masked, as it must be. */
const BROKEN = Uint8Array.of(LAST | TEXT, 0);

Deno.test("whoever breaks the protocol is told so", async () => {
  await using rig = new ApiRig();
  const { connection, gone } = await upgraded(rig);
  const heard = hearAll(connection);
  await pour(connection, BROKEN);
  assert.match(await gone, /closed: 1006$/);
  // A frame that closes with 1002, of which UTF-8 knows the middle.
  assert.ok((await heard).endsWith("\x02\x03\ufffd"));
});

Deno.test("whoever breaks the protocol and goes on is cut off", async () => {
  await using rig = new ApiRig();
  const { connection, gone } = await upgraded(rig);
  const fromMs = performance.now();
  await pour(connection, BROKEN);
  const speaking = pour(connection, new Uint8Array(1e9));
  assert.match(await gone, /closed: 1006$/);
  assert.ok(performance.now() - fromMs < 1500);
  await speaking;
  connection.close();
});

const SILENT_ENDS: [what: string, words: Uint8Array][] = [
  ["breaks the protocol", BROKEN],
  ["closes", frame(LAST | CLOSE)],
  ["hangs up", frame(LAST | TEXT, '{"type":"hang_up"}')],
];
for (const [what, words] of SILENT_ENDS) {
  Deno.test(`whoever ${what} and does not end the connection is waited for only shortly`, async () => {
    await using rig = new ApiRig();
    const { connection, control, gone } = await upgraded(rig);
    const fromMs = performance.now();
    await pour(connection, words);
    await gone;
    assert.ok(performance.now() - fromMs < 6000);
    // Too late: there is nothing left to wait for.
    control.leave();
    connection.close();
  });
}

Deno.test("connections without a ticket are few at once, and keep nobody out", async () => {
  await using rig = new ApiRig();
  const strangers = [];
  for (let i = 0; i < 220; i++) strangers.push(await connect(rig));
  // The oldest ones beyond the limit are closed at once.
  assert.equal(await hearAll(strangers.shift()!), "");
  assert.ok(rig.rejected.filter((why) => why === "crowded").length > 0);
  const { caller, control } = await rig.connect();
  await control.startUnicast("", 0);
  await caller.told("answered");
  control.leave();
  await caller.closed;
  for (const stranger of strangers) stranger.close();
});

Deno.test({
  name: "connections that are reset before they are accepted hold nobody up",
  ignore: !CAN_RESET,
  async fn() {
    await using rig = new ApiRig();
    const fromMs = performance.now();
    resetConnections(rig.gateway.addr.port, 100);
    const { caller, control } = await rig.connect();
    // A pause for each would be 20 s.
    assert.ok(performance.now() - fromMs < 5000);
    control.leave();
    await caller.closed;
  },
});
