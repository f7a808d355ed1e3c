import assert from "node:assert/strict";
import { openStream } from "../../src/model/byte_stream.ts";
import { polledStreams } from "../../src/model/polled_stream.ts";
import { loadLibc } from "../../src/net/libc.ts";
import { PollSet } from "../../src/net/poll_set.ts";
import { loadTcpLibc } from "../../src/net/tcp_libc.ts";
import { testByteStreams } from "../contract/byte_stream.ts";

testByteStreams("the runtime", openStream);

const [libc, tcp] = [loadLibc(), loadTcpLibc()];
if (libc !== undefined && tcp !== undefined) {
  const set = new PollSet(libc, { pollMs: 5 });
  testByteStreams("system calls", polledStreams({ libc: tcp, set }));

  Deno.test("system calls: a descriptor is noted while it is open", async () => {
    const noted = new Set<number>();
    const notes = {
      enter: (fd: number) => noted.add(fd).size > 0,
      leave: (fd: number) => void noted.delete(fd),
    };
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const url = new URL(`ws://127.0.0.1:${port}/`);
    const dial = polledStreams({ libc: tcp, set, notes });
    const ours = await Promise.all(
      Array.from({ length: 9 }, () => dial(url, () => {})),
    );
    assert.equal(noted.size, 9);
    const [peer] = [await listener.accept()];
    for (const stream of ours.slice(1)) stream.close();
    assert.equal(noted.size, 1);
    const last = ours[0].read(new Uint8Array(1));
    peer.close();
    assert.equal(await last, null);
    assert.equal(noted.size, 0);
    listener.close();
  });

  Deno.test("system calls: without room for a note there is no connection", async () => {
    const full = { enter: () => false, leave: () => {} };
    const dial = polledStreams({ libc: tcp, set, notes: full });
    const url = new URL("ws://127.0.0.1:9/");
    await assert.rejects(dial(url, () => {}), /no descriptor left/);
    assert.equal(set.size, 0);
  });

  Deno.test("system calls: a connection that is closed while it connects is told so", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const dial = polledStreams({ libc: tcp, set });
    const dialing = dial(
      new URL(`ws://127.0.0.1:${port}/`),
      (begun) => begun.close(),
    );
    await assert.rejects(dialing, /closed/);
    assert.equal(set.size, 0);
    listener.close();
  });

  Deno.test("system calls: a name is left to the runtime", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const dial = polledStreams({ libc: tcp, set });
    const accepting = listener.accept();
    const stream = await dial(
      new URL(`ws://localhost:${port}/`),
      () => {},
    );
    assert.equal(set.size, 0);
    stream.close();
    (await accepting).close();
    listener.close();
  });
}
