import { parentPort, workerData } from "node:worker_threads";
import { createResampler } from "../src/audio/create_resampler.ts";
import { isPolled, polledStreams } from "../src/model/polled_stream.ts";
import type { ConnectSocket } from "../src/model/model_socket.ts";
import { createRealtimeModels } from "../src/model/realtime_models.ts";
import { ToldSupplierBoard } from "../src/model/supplier_board.ts";
import { connectWebSocket, webSocketsOver } from "../src/model/web_socket.ts";
import { loadLibc } from "../src/net/libc.ts";
import { PollSet } from "../src/net/poll_set.ts";
import { loadTcpLibc } from "../src/net/tcp_libc.ts";
import { nameThread } from "../src/net/threads.ts";
import { DescriptorLedger } from "../src/ring/descriptor_ledger.ts";
import { MailMark } from "../src/ring/mail_mark.ts";
import { WorkMark } from "../src/ring/work_mark.ts";
import type {
  FromShard,
  ShardMemory,
  ShardSettings,
  ToShard,
} from "../src/shard/protocol.ts";
import { type LookedAt, Shard } from "../src/shard/shard.ts";
import { createLog } from "../src/telemetry/log.ts";

/** The first message has the settings; every other is for the shard. */
let shard: Shard | undefined;

parentPort!.on("message", (message: ToShard) => {
  if (message.type !== "start") {
    shard?.receive(message);
    return;
  }
  shard = build(message.settings);
  tell({ type: "started" });
});

function build(settings: ShardSettings): Shard {
  const log = createLog({
    level: settings.logLevel,
    showPii: settings.showPii,
    sink: (line) => tell({ type: "log", line }),
  }).with({ shard: settings.shard });
  const { resampler } = settings;
  const libc = loadLibc();
  if (libc !== undefined) {
    const thread = nameThread(libc, `shard-${settings.shard}`);
    new WorkMark(settings.workMark).introduce(thread);
  }
  const { connect, connections } = chooseSockets(workerData);
  const board = new ToldSupplierBoard((supplier, outcome) =>
    tell({ type: "supplier", supplier, outcome })
  );
  return new Shard({
    settings,
    createModel: createRealtimeModels({
      ...settings.model,
      deadlines: { openMs: settings.model.openTimeoutMs },
      board,
      connect,
    }),
    connections,
    mail: connections && chooseMail(settings),
    onSuppliers: (unavailable) => board.update(unavailable),
    createResampler: (inputRateHz, outputRateHz) =>
      createResampler(
        inputRateHz,
        outputRateHz,
        resampler === "libsamplerate" ? { kind: resampler } : {},
      ),
    tell,
    log,
  });
}

/** By system calls of our own where the main thread closes what is left of them. */
function chooseSockets(
  { descriptors }: ShardMemory,
): { connect: ConnectSocket; connections?: LookedAt } {
  const [libc, tcp] = [loadLibc(), loadTcpLibc()];
  if (descriptors === undefined || libc === undefined || tcp === undefined) {
    return { connect: connectWebSocket };
  }
  const notes = new DescriptorLedger(descriptors);
  const set = new PollSet(libc, { pollMs: "never", notes });
  const open = polledStreams({ libc: tcp, set, notes });
  return { connect: webSocketsOver(open), connections: set };
}

/** For a loop of the shard's own, where nothing waits for the runtime's connections. */
function chooseMail({ model, mail }: ShardSettings): MailMark | undefined {
  const suppliers = Object.values(model.suppliers);
  if (!suppliers.every(({ url }) => isPolled(new URL(url)))) return;
  const mark = new MailMark(mail);
  // The message that brought the settings.
  mark.took();
  return mark;
}

function tell(message: FromShard): void {
  parentPort!.postMessage(message);
}
