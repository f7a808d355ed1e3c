/**
 * What the callers of a capacity run cannot do without: for each frame one
 * `sendto` and one `recv`, paced, and nothing else. Linux. The echo has a
 * process of its own, as the server has.
 *
 *   deno run --allow-all bench/caller_floor.ts [CALLS] [SECONDS]
 */
import { socketAddress } from "../src/net/ipv4_address.ts";
import type { DatagramSocket, Source } from "../src/net/datagram_socket.ts";
import { loadLibc } from "../src/net/libc.ts";
import { SocketPoller } from "../src/net/socket_poller.ts";
import { loadUdpCalls } from "../src/simulator/freeswitch/udp_calls.ts";
import { TextLineStream } from "../tools/text_lines.ts";

const HOST = "127.0.0.1";
const FRAME_BYTES = 320;
const DONTWAIT = 0x40;
const SOCK_DGRAM_NONBLOCK = 0o4002;
const SETTLE_MS = 1500;
const frame = new Uint8Array(FRAME_BYTES);

if (Deno.args[0] === "echo") echo(Number(Deno.args[1]));
else await measure();

function echo(calls: number): void {
  const poller = new SocketPoller(loadLibc()!);
  const sockets = Array.from({ length: calls }, () => {
    const receive = (_: Uint8Array, from: Source) => socket.send(frame, from);
    const socket: DatagramSocket = poller.open(HOST, { receive });
    return socket;
  });
  console.log(JSON.stringify(sockets.map(({ port }) => port)));
}

async function measure(): Promise<void> {
  const [calls = 400, seconds = 5] = Deno.args.map(Number);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", import.meta.filename!, "echo", `${calls}`],
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextLineStream()).getReader();
  const frames = startCallers(JSON.parse((await lines.read()).value!));
  await pause(SETTLE_MS);
  const before = { cpuMs: cpuMs(), frames: frames() };
  await pause(seconds * 1000);
  const usedUs = (cpuMs() - before.cpuMs) * 1000;
  const perFrame = usedUs / (frames() - before.frames);
  console.log(`${calls} callers: ${perFrame.toFixed(1)} µs a frame`);
  child.kill();
  Deno.exit();
}

/** Gives the number of frames that have left. */
function startCallers(ports: readonly number[]): () => number {
  const calls = loadUdpCalls()!;
  const legs = ports.map((port) => {
    const fd = calls.socket(2, SOCK_DGRAM_NONBLOCK, 0);
    calls.bind(fd, socketAddress(HOST), 16);
    return { fd, to: socketAddress(HOST, port) };
  });
  const size = BigInt(FRAME_BYTES);
  const startMs = performance.now();
  let sent = 0;
  const tick = () => {
    const elapsedMs = performance.now() - startMs;
    const due = Math.floor(elapsedMs / 20 * legs.length);
    for (; sent < due; sent++) {
      const { fd, to } = legs[sent % legs.length];
      calls.sendto(fd, frame, size, DONTWAIT, to, 16);
      calls.recv(fd, frame, size, DONTWAIT);
    }
    setTimeout(tick, 1);
  };
  tick();
  return () => sent;
}

function cpuMs(): number {
  const path = `/proc/${Deno.pid}/stat`;
  const fields = Deno.readTextFileSync(path).split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
