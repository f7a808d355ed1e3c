/**
 * What carrying datagrams costs, in CPU time: the same paced callers against
 * the runtime's sockets, our polled ones, and the bare system calls. Linux.
 *
 *   deno run --unstable-net --allow-all bench/datagram_cost.ts [CALLS] [SECONDS]
 */
import { openAsyncSocket } from "../src/media/async_socket.ts";
import type {
  DatagramSocket,
  OpenDatagramSocket,
} from "../src/net/datagram_socket.ts";
import { loadLibc } from "../src/net/libc.ts";
import { SocketPoller } from "../src/net/socket_poller.ts";

const [calls = 400, seconds = 5] = Deno.args.map(Number);
const libc = loadLibc();
if (libc === undefined) {
  console.error(
    "The C library cannot be loaded: run with --allow-all on Linux",
  );
  Deno.exit(1);
}

const poller = new SocketPoller(libc);
const reply = new Uint8Array(320);
const rows: [string, number][] = [];
for (let round = 0; round < 2; round++) {
  rows.push(["the runtime's sockets", await measure(openAsyncSocket)]);
  rows.push(["polled sockets", await measure((h, r) => poller.open(h, r))]);
}
console.log(`${calls} calls, 50 datagrams a second each, each answered`);
for (const [name, percent] of rows) {
  console.log(`${name.padEnd(24)} ${percent.toFixed(4)} % of a core a call`);
}

async function measure(open: OpenDatagramSocket): Promise<number> {
  const sockets = Array.from({ length: calls }, () => {
    const socket: DatagramSocket = open("127.0.0.1", {
      receive: (_datagram, from) => socket.send(reply, from),
    });
    return socket;
  });
  const ports = sockets.map((socket) => socket.port);
  const callers = new Worker(import.meta.resolve("./datagram_callers.ts"), {
    type: "module",
  });
  callers.postMessage({ ports, intervalMs: 20, frameBytes: 320 });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = threadCpuMs();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const usedMs = threadCpuMs() - before;
  callers.terminate();
  for (const socket of sockets) socket.close();
  return usedMs / (seconds * 10) / calls;
}

/** CPU time of the main thread alone: the callers have a thread of their own. */
function threadCpuMs(): number {
  const path = `/proc/${Deno.pid}/task/${Deno.pid}/stat`;
  const fields = Deno.readTextFileSync(path).split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
