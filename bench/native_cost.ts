/**
 * Whether `flags: native`, 160 bytes of A-law a frame instead of 320 bytes of
 * L16, costs less in total: both ways through the same poller against the same
 * paced callers, in turns, by the CPU time of the main thread. The native way
 * decodes what comes and encodes what goes, by tables. Linux.
 *
 *   deno run --unstable-net --allow-all bench/native_cost.ts [CALLS] [SECONDS] [ROUNDS]
 */
import type { DatagramSocket, Source } from "../src/net/datagram_socket.ts";
import { loadLibc } from "../src/net/libc.ts";
import { SocketPoller } from "../src/net/socket_poller.ts";
import { alaw } from "./g711.ts";

const FRAME_SAMPLES = 160;
const WARM_UP_MS = 300;
const { decoded, encoded } = alaw();

/** What one call keeps, as a leg does. */
interface Line {
  readonly came: Int16Array;
  readonly cameBytes: Uint8Array;
  readonly going: Int16Array;
  readonly goingBytes: Uint8Array;
  readonly goingNative: Uint8Array;
}

type Answer = (line: Line, datagram: Uint8Array) => Uint8Array;

function answerLinear(line: Line, datagram: Uint8Array): Uint8Array {
  line.cameBytes.set(datagram);
  line.going.set(line.came);
  return line.goingBytes;
}

function answerNative(line: Line, datagram: Uint8Array): Uint8Array {
  const { came, going, goingNative } = line;
  for (let i = 0; i < FRAME_SAMPLES; i++) came[i] = decoded[datagram[i]];
  going.set(came);
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    goingNative[i] = encoded[going[i] & 0xffff];
  }
  return goingNative;
}

function createLine(): Line {
  const came = new Int16Array(FRAME_SAMPLES);
  const going = new Int16Array(FRAME_SAMPLES);
  const cameBytes = new Uint8Array(came.buffer);
  const goingBytes = new Uint8Array(going.buffer);
  const goingNative = new Uint8Array(FRAME_SAMPLES);
  return { came, cameBytes, going, goingBytes, goingNative };
}

function openCalls(poller: SocketPoller, calls: number, answer: Answer) {
  return Array.from({ length: calls }, () => {
    const line = createLine();
    const receive = (datagram: Uint8Array, from: Source) => {
      frames++;
      socket.send(answer(line, datagram), from);
    };
    const socket: DatagramSocket = poller.open("127.0.0.1", { receive });
    return socket;
  });
}

/** CPU time of the main thread for a frame, received and sent, in microseconds. */
async function measure(
  poller: SocketPoller,
  options: { readonly answer: Answer; readonly frameBytes: number },
): Promise<number> {
  const sockets = openCalls(poller, calls, options.answer);
  const callers = new Worker(import.meta.resolve("./datagram_callers.ts"), {
    type: "module",
  });
  const ports = sockets.map(({ port }) => port);
  const { frameBytes } = options;
  callers.postMessage({ ports, intervalMs: 20, frameBytes });
  await pause(WARM_UP_MS);
  const [beforeUs, framesBefore] = [threadCpuUs(), frames];
  await pause(seconds * 1000);
  const used = (threadCpuUs() - beforeUs) / (frames - framesBefore);
  callers.terminate();
  for (const socket of sockets) socket.close();
  return used;
}

/** CPU time of the main thread alone: the callers have a thread of their own. */
function threadCpuUs(): number {
  const path = `/proc/${Deno.pid}/task/${Deno.pid}/schedstat`;
  return Number(Deno.readTextFileSync(path).split(" ")[0]) / 1000;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))];
}

const [calls = 200, seconds = 1, rounds = 30] = Deno.args.map(Number);
const libc = loadLibc();
if (libc === undefined) {
  console.error(
    "The C library cannot be loaded: run with --allow-all on Linux",
  );
  Deno.exit(1);
}
let frames = 0;
const poller = new SocketPoller(libc);
const linear: number[] = [];
const native: number[] = [];
console.log(`${calls} calls, ${seconds} s a run; µs of CPU a frame in and out`);
for (let round = 0; round < rounds; round++) {
  const runs = [
    async () =>
      linear.push(
        await measure(poller, { answer: answerLinear, frameBytes: 320 }),
      ),
    async () =>
      native.push(
        await measure(poller, { answer: answerNative, frameBytes: 160 }),
      ),
  ];
  // Who goes first changes, so that a machine that grows slower favours nobody.
  if (round % 2 === 1) runs.reverse();
  for (const run of runs) await run();
}
const ratios = native.map((n, round) => n / linear[round]);
const spread = [0.1, 0.25, 0.5, 0.75, 0.9];
console.log(
  `of ${rounds} rounds:    ${
    spread.map((s) => `p${s * 100}`.padStart(6)).join("")
  }`,
);
for (
  const [name, values] of [["L16, 320 bytes", linear], [
    "A-law, 160 bytes",
    native,
  ], ["ratio of a round", ratios]] as const
) {
  console.log(
    `${name.padEnd(17)} ${
      spread.map((s) => quantile(values, s).toFixed(2).padStart(6)).join("")
    }`,
  );
}
