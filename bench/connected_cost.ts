/**
 * What a connected UDP socket saves: recv and send, against recvfrom and sendto
 * with an address, by the CPU time of the thread, in turns. Linux.
 *
 *   deno run --unstable-net --allow-all bench/connected_cost.ts [SOCKETS] [ROUNDS]
 */

const [sockets = 200, rounds = 60] = Deno.args.map(Number);
const PASSES = 50;
const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK = 0o4002;
const MSG_DONTWAIT = 0x40;
const ADDRESS_BYTES = 16;
const FRAME_BYTES = 320n;
const BUFFER_BYTES = 4096n;
const arch = Deno.build.arch === "x86_64" ? "x86_64" : "aarch64";
const { symbols: libc } = Deno.dlopen(`/lib/${arch}-linux-gnu/libc.so.6`, {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  recvfrom: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"],
    result: "i32",
  },
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    result: "i32",
  },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
});

interface Socket {
  readonly fd: number;
  readonly address: Uint8Array<ArrayBuffer>;
}

const frame = new Uint8Array(Number(FRAME_BYTES));
const buffer = new Uint8Array(Number(BUFFER_BYTES));
const from = new Uint8Array(ADDRESS_BYTES);
const fromLength = new Uint32Array(1);
const peers = Array.from({ length: sockets }, open);
const addressed = Array.from({ length: sockets }, open);
const connected = Array.from({ length: sockets }, open);
connected.forEach(({ fd }, i) =>
  libc.connect(fd, peers[i].address, ADDRESS_BYTES)
);

function open(): Socket {
  const fd = libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK, 0);
  const address = new Uint8Array(ADDRESS_BYTES);
  address.set([AF_INET, 0, 0, 0, 127, 0, 0, 1]);
  libc.bind(fd, address, ADDRESS_BYTES);
  libc.getsockname(fd, address, Uint32Array.of(ADDRESS_BYTES));
  return { fd, address };
}

function answerAddressed({ fd }: Socket): number {
  fromLength[0] = ADDRESS_BYTES;
  libc.recvfrom(fd, buffer, BUFFER_BYTES, MSG_DONTWAIT, from, fromLength);
  return libc.sendto(
    fd,
    frame,
    FRAME_BYTES,
    MSG_DONTWAIT,
    from,
    ADDRESS_BYTES,
  );
}

function answerConnected({ fd }: Socket): number {
  libc.recv(fd, buffer, BUFFER_BYTES, MSG_DONTWAIT);
  return libc.send(fd, frame, FRAME_BYTES, MSG_DONTWAIT);
}

/** CPU time for a datagram in and one out, in microseconds; what the peers do is not counted. */
function measure(
  these: readonly Socket[],
  answer: (socket: Socket) => number,
): number {
  let usedUs = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    peers.forEach(({ fd }, i) =>
      libc.sendto(
        fd,
        frame,
        FRAME_BYTES,
        MSG_DONTWAIT,
        these[i].address,
        ADDRESS_BYTES,
      )
    );
    const beforeUs = threadCpuUs();
    for (const socket of these) {
      if (answer(socket) !== frame.length) {
        throw new Error("No answer was sent");
      }
    }
    usedUs += threadCpuUs() - beforeUs;
    for (const { fd } of peers) {
      libc.recv(fd, buffer, BUFFER_BYTES, MSG_DONTWAIT);
    }
  }
  return usedUs / PASSES / these.length;
}

function threadCpuUs(): number {
  const path = `/proc/${Deno.pid}/task/${Deno.pid}/schedstat`;
  return Number(Deno.readTextFileSync(path).split(" ")[0]) / 1000;
}

const spread = [0.1, 0.25, 0.5, 0.75, 0.9];

function describe(name: string, values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return name.padEnd(18) +
    spread.map((share) => at(share).toFixed(2).padStart(6)).join("");
}

const results = { addressed: [] as number[], connected: [] as number[] };
for (let round = 0; round <= rounds; round++) {
  const a = measure(addressed, answerAddressed);
  const c = measure(connected, answerConnected);
  // The first round warms up.
  if (round === 0) continue;
  results.addressed.push(a);
  results.connected.push(c);
}
console.log(
  `${sockets} sockets, ${rounds} rounds; µs of CPU a datagram in and one out`,
);
console.log(
  " ".repeat(18) + spread.map((s) => `p${s * 100}`.padStart(6)).join(""),
);
console.log(describe("recvfrom, sendto", results.addressed));
console.log(describe("recv, send", results.connected));
console.log(
  describe(
    "ratio of a round",
    results.connected.map((c, i) => c / results.addressed[i]),
  ),
);
