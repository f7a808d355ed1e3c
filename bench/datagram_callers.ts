/// <reference lib="deno.worker" />
/** The callers of datagram_cost.ts and native_cost.ts: sends each port a datagram at a fixed pace and drops the answers. */
import { loadLibc } from "../src/net/libc.ts";

const ADDRESS_BYTES = 16;

self.onmessage = (
  { data }: MessageEvent<
    { ports: number[]; intervalMs: number; frameBytes: number }
  >,
) => {
  const libc = loadLibc()!;
  const datagram = new Uint8Array(data.frameBytes);
  const lengthBytes = BigInt(data.frameBytes);
  const addresses = data.ports.map((port) => {
    const address = new Uint8Array(ADDRESS_BYTES);
    address.set([2, 0, port >> 8, port & 255, 127, 0, 0, 1]);
    return address;
  });
  const fds = data.ports.map(() => libc.socket(2, 0o4002, 0));
  const from = new Uint8Array(ADDRESS_BYTES);
  const length = new Uint32Array(1);
  const startMs = performance.now();
  let sent = 0;
  setInterval(() => {
    const passedMs = performance.now() - startMs;
    const due = Math.floor(passedMs / data.intervalMs * fds.length);
    for (; sent < due; sent++) {
      const i = sent % fds.length;
      length[0] = ADDRESS_BYTES;
      while (
        libc.recvfrom(fds[i], datagram, lengthBytes, 0x40, from, length) > 0
      );
      libc.sendto(
        fds[i],
        datagram,
        lengthBytes,
        0x40,
        addresses[i],
        ADDRESS_BYTES,
      );
    }
  }, 2);
};
