import assert from "node:assert/strict";
import { createPolledListen } from "../../../src/simulator/tcp/polled_listener.ts";
import { testTcp } from "../../contract/tcp.ts";

testTcp("the runtime's TCP", Deno.listen);

// Loaded once for the process, as the model's process does.
const polled = createPolledListen({ pollMs: 1 });
if (polled === undefined) {
  console.warn("Polled TCP is not tested: no C library may be loaded");
} else {
  testTcp("polled TCP", polled);

  Deno.test("polled TCP leaves IPv6 to the runtime", async () => {
    const where = { hostname: "::1", port: 0 };
    const listener = polled({ ...where, reusePort: false });
    const accepted = listener.accept();
    const peer = await Deno.connect({ ...where, port: listener.addr.port });
    await peer.write(Uint8Array.of(7));
    const connection = await accepted;
    const bytes = new Uint8Array(1);
    assert.equal(await connection.read(bytes), 1);
    assert.equal(bytes[0], 7);
    connection.close();
    peer.close();
    listener.close();
  });
}
