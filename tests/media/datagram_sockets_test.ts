import assert from "node:assert/strict";
import { openAsyncSocket } from "../../src/media/async_socket.ts";
import { chooseLegs } from "../../src/media/choose_legs.ts";
import { loadLibc } from "../../src/net/libc.ts";
import { SocketPoller } from "../../src/net/socket_poller.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { testDatagramSockets } from "../contract/datagram_socket.ts";

testDatagramSockets("the runtime's sockets", openAsyncSocket);

const PROGRAM =
  new URL("../support/poller_program.ts", import.meta.url).pathname;

// Loaded once for the process, as the server does.
const libc = loadLibc();
/** Nobody looks at what they would tell. */
const UNHEARD = { log: SILENT_LOG, delayed: () => {}, restarted: () => {} };
if (libc === undefined) {
  console.warn("Polled sockets are not tested: no C library may be loaded");
} else {
  const poller = new SocketPoller(libc);
  testDatagramSockets(
    "polled sockets",
    (host, receiver) => poller.open(host, receiver),
  );

  Deno.test("a poller keeps no descriptor and no timer when its last socket is closed", async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-ffi", "--allow-run=ls", "--allow-read", PROGRAM],
      signal: AbortSignal.timeout(60_000),
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    const { before, during, after, size } = JSON.parse(decoder.decode(stdout));
    // Three sockets and what tells which of them have something.
    assert.equal(during, before + 4);
    assert.equal(after, before);
    assert.equal(size, 0);
  });

  Deno.test("polling is chosen where it may be", async () => {
    const auto = chooseLegs("auto", UNHEARD);
    assert.equal(auto.kind, "poll");
    await auto.close();
  });

  Deno.test("a host that is no IPv4 address is refused by the poller", () => {
    const own = new SocketPoller(libc);
    for (const host of ["localhost", "1.2.3", "1.2.3.256", "::1", ""]) {
      assert.throws(() => own.open(host, { receive() {} }), RangeError);
    }
    assert.equal(own.size, 0);
  });
}

for (const kind of ["async", "auto"] as const) {
  Deno.test(`a leg of kind ${kind} is refused where FreeSWITCH could not speak to it`, async () => {
    const legs = chooseLegs(kind, UNHEARD);
    for (const [host, peerHost] of [["::1", "::1"], ["127.0.0.1", "::1"]]) {
      assert.throws(
        () => legs.open({ host, peerHost }),
        /RangeError.*IPv4 alone, got ::1/,
      );
    }
    await legs.close();
  });
}

Deno.test("the runtime's sockets are chosen when they are asked for", () => {
  assert.equal(chooseLegs("async", UNHEARD).kind, "async");
});
