import { parentPort } from "node:worker_threads";
import { createResampler } from "../src/audio/create_resampler.ts";
import { createRealtimeModels } from "../src/model/realtime_models.ts";
import { ToldSupplierBoard } from "../src/model/supplier_board.ts";
import type {
  FromShard,
  ShardSettings,
  ToShard,
} from "../src/shard/protocol.ts";
import { Shard } from "../src/shard/shard.ts";
import { createLog } from "../src/telemetry/log.ts";

/** The first message has the settings; every other is for the shard. */
let shard: Shard | undefined;

parentPort!.on("message", (message: ToShard) => {
  if (message.type !== "start") {
    shard?.receive(message);
    return;
  }
  shard = build(message.settings);
  // A loop that ends is a shard that no longer serves: the pool is to replace it.
  shard.run().catch((error) =>
    queueMicrotask(() => {
      throw error;
    })
  );
  tell({ type: "started" });
});

function build(settings: ShardSettings): Shard {
  const log = createLog({
    level: settings.logLevel,
    showPii: settings.showPii,
    sink: (line) => tell({ type: "log", line }),
  }).with({ shard: settings.shard });
  const { resampler } = settings;
  const board = new ToldSupplierBoard((supplier, outcome) =>
    tell({ type: "supplier", supplier, outcome })
  );
  return new Shard({
    settings,
    createModel: createRealtimeModels({
      ...settings.model,
      deadlines: { openMs: settings.model.openTimeoutMs },
      board,
    }),
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

function tell(message: FromShard): void {
  parentPort!.postMessage(message);
}
