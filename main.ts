// Long because: the parts of the server are joined here, in the order of its life.
import { type Config, loadConfig } from "./src/config/config.ts";
import { ConfigurationError } from "./src/errors.ts";
import { parseAddressList } from "./src/esl/address_list.ts";
import { listenEsl } from "./src/esl/esl_listener.ts";
import { assistantFunctions } from "./src/functions/assistant_functions.ts";
import { AllCalls } from "./src/http/all_calls.ts";
import { openGateway } from "./src/http/gateway/browser_gateway.ts";
import type { GatewayListener } from "./src/http/gateway/gateway_listener.ts";
import { Tickets } from "./src/http/gateway/ticket.ts";
import { LastingServer } from "./src/http/lasting_server.ts";
import { createApp } from "./src/http/server.ts";
import { chooseLegs } from "./src/media/choose_legs.ts";
import { DescriptorReserve } from "./src/net/descriptor_reserve.ts";
import { loadLibc } from "./src/net/libc.ts";
import { threadCare } from "./src/net/threads.ts";
import { RingPool } from "./src/ring/ring_pool.ts";
import { Admission } from "./src/router/admission.ts";
import { CallDesk } from "./src/router/call_desk.ts";
import { LoadGauge } from "./src/router/load_gauge.ts";
import { NodeMeter } from "./src/router/node_meter.ts";
import { ShardPool } from "./src/router/shard_pool.ts";
import { shardThreads } from "./src/router/shard_thread.ts";
import { openStore } from "./src/store/open_store.ts";
import { LineSink } from "./src/telemetry/line_sink.ts";
import { createLog, type Log } from "./src/telemetry/log.ts";
import { createMetrics } from "./src/telemetry/metrics.ts";
import type { StartTrace } from "./src/telemetry/trace.ts";

/** As in CHANGELOG.md. */
const VERSION = "0.4.0";
/** The exit code for settings that cannot be used. */
const BAD_CONFIGURATION = 2;
/** Beyond the drain's deadline, calls that are left to the dialplan have this long. */
const FAREWELL_MS = 10_000;
/** Kept for what must not be without: two threads and some connections that are to be refused in words. */
const RESERVED_DESCRIPTORS = 72;
/** How long connections that were on their way are taken, and refused in words. */
const LAST_CONNECTIONS_MS = 100;
/** How long what is left to write may take at the end. */
const STORE_CLOSE_MS = 3000;
/** How long what was asked may take to be answered at the end. */
const HTTP_CLOSE_MS = 3000;
/** Signals that come closer together than this are one. */
const SAME_SIGNAL_MS = 500;

const config = readConfig();
const sink = new LineSink(Deno.stdout);
const log = createLog({
  level: config.logLevel,
  showPii: config.showPii,
  sink: (line) => sink.write(line),
});
// A fault of ours costs the call in which it shows, never the node.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  log.error("A promise was left alone", { error: event.reason });
});
globalThis.addEventListener("error", (event) => {
  event.preventDefault();
  log.error("An error was not handled", { error: event.error });
});
try {
  await serve(config, log);
} catch (error) {
  log.error("The server cannot run", { error });
  console.error(
    `The server cannot run: ${error instanceof Error ? error.message : error}`,
  );
  await sink.flush();
  Deno.exit(1);
}
await sink.flush();
Deno.exit(0);

/** Runs the server until it is told to stop and the last call has ended. */
async function serve(config: Config, log: Log): Promise<void> {
  const metrics = createMetrics();
  const startTrace = await chooseTraces(config.node);
  const load = new LoadGauge({
    limitMs: config.overloadDelayMs,
    overruns: () => desk.overruns,
  });
  const libc = loadLibc();
  const room = libc && new DescriptorReserve(libc, RESERVED_DESCRIPTORS);
  const legs = chooseLegs(config.mediaIo, {
    log,
    room,
    delayed: (delayMs) => load.note("media", delayMs),
    restarted: () => metrics.shardRestarts.inc({ shard: "media" }),
  });
  const pool = new ShardPool({
    shards: config.shards,
    start: shardThreads({
      heapMb: config.shardHeapMb,
      care: legs.kind === "poll" ? threadCare(libc!) : undefined,
      room,
    }),
    silentMs: config.shardTimeoutMs,
    delayed: (shard, delayMs) => load.note(`shard-${shard}`, delayMs),
    supplierTried: (supplier, outcome) => {
      // It was counted when it was opened.
      if (outcome === "answered") return;
      metrics.modelReconnects.inc({
        supplier,
        outcome: outcome === "ok" ? "ok" : "failed",
      });
    },
    settings: {
      model: config.model,
      uplinkBatchMs: config.uplinkBatchMs,
      fillerAfterMs: config.fillerAfterMs,
      callerSilenceMs: config.callerSilenceMs,
      resampler: config.resampler,
      logLevel: config.logLevel,
      showPii: config.showPii,
    },
    log,
    logSink: (line) => sink.write(line),
    restarted: (shard) => metrics.shardRestarts.inc({ shard: String(shard) }),
  });
  const admission = new Admission(config.maxConnections);
  const store = openStore({
    ...config.store,
    node: config.node,
    log,
    onTaken: (callId) => desk.taken(callId),
  });
  const desk: CallDesk = new CallDesk({
    ...config,
    admission,
    pool,
    store,
    overloaded: () => load.overloaded || !legs.isRunning(),
    metrics,
    startTrace,
    log,
    rings: new RingPool(),
    openLeg: legs.open,
    runFunction: assistantFunctions({
      assistants: config.assistants,
      token: config.functionsToken,
      log,
    }),
  });

  const meter = new NodeMeter({
    metrics,
    pool,
    load,
    store,
    suppliers: Object.keys(config.model.suppliers),
    maxCalls: config.maxConnections,
    ready: () => reasonsNotReady().length === 0,
    budgetCnyPerDay: config.budgetCnyPerDay,
    version: VERSION,
  });

  let takesCalls = false;
  const { apiToken } = config.http;
  const tickets = apiToken === undefined ? undefined : new Tickets(apiToken);
  const web = listenHttp();
  let gateway: GatewayListener | undefined;
  await Promise.all([pool.started(), legs.started]);
  const { host, port, allow } = config.esl;
  const esl = listening({ what: "ESL", host, port }, () =>
    listenEsl({
      hostname: host,
      port,
      allow,
      transferContext: config.transferContext,
      room,
      log,
      onCall: (call) => desk.receive(call),
      onRejected: (reason) => metrics.eslRejected.inc({ reason }),
    }));
  if (tickets !== undefined) gateway = listenGateway(tickets);
  takesCalls = true;
  log.info("The server takes calls", {
    node: config.node,
    version: VERSION,
    esl: `${esl.hostname}:${esl.port}`,
    http: `${web.addr.hostname}:${web.addr.port}`,
    gateway: gateway && `${gateway.addr.hostname}:${gateway.addr.port}`,
    shards: config.shards,
    maxConnections: config.maxConnections,
    mediaIo: legs.kind,
  });

  const signal = await stopSignal();
  log.info("The server stops taking calls", { signal, calls: desk.size });
  admission.drain();
  // What the kernel has taken already is answered: FreeSWITCH parks a call whose connection is reset.
  await pause(LAST_CONNECTIONS_MS);
  // FreeSWITCH's next host is tried from now on.
  esl.close();
  const deadline = AbortSignal.timeout(config.drainMs);
  const late = config.drainMs + FAREWELL_MS;
  await within(late, desk.drain(deadline));
  load.close();
  pool.close();
  await legs.close();
  await store.close(STORE_CLOSE_MS);
  gateway?.close();
  // Somebody may never end his request.
  await within(HTTP_CLOSE_MS, web.shutdown());
  log.info("The server has stopped");

  function listenHttp() {
    const { node } = config;
    const calls = new AllCalls({ node, own: desk, peers: store.peers });
    if (config.http.apiToken !== undefined) calls.listen();
    const app = createApp({
      status: () => ({
        ready: reasonsNotReady().length === 0,
        reasons: reasonsNotReady(),
        degraded: degradations(),
        activeCalls: admission.taken,
        maxConnections: config.maxConnections,
        shards: pool.links.map((link) => ({
          shard: link.shard,
          running: link.running,
          calls: link.size,
        })),
      }),
      metrics: async () => {
        desk.measure();
        meter.measure();
        metrics.gatewayConnections.set(gateway?.size ?? 0);
        const { registry } = metrics;
        return { type: registry.contentType, text: await registry.metrics() };
      },
      api: {
        token: config.http.apiToken,
        calls,
        assistants: () =>
          [...config.assistants.values()].map(({ id, suppliers }) => ({
            id,
            suppliers: suppliers.map(({ supplier }) => supplier),
          })),
        hasAssistant: (id) => config.assistants.has(id),
        reasonsNotReady,
        tickets,
        gatewayPort: () => gateway?.addr.port ?? 0,
      },
      log,
    });
    const { host: hostname, port } = config.http;
    return listening(
      { what: "HTTP", host: hostname, port },
      () => new LastingServer({ hostname, port, handler: app.fetch, log }),
    );
  }

  function listenGateway(tickets: Tickets): GatewayListener {
    const { host: hostname, port } = config.gateway;
    return listening(
      { what: "GATEWAY", host: hostname, port },
      () =>
        openGateway({
          ...{ hostname, port, tickets, log },
          receive: (control) => desk.receive(control),
          maxCallMs: config.maxCallMs,
          rejected: (reason) => metrics.gatewayRejected.inc({ reason }),
        }),
    );
  }

  function reasonsNotReady(): string[] {
    const reasons: string[] = [];
    if (!pool.links.some((link) => link.running)) {
      reasons.push("no shard is running");
    }
    if (!legs.isRunning()) reasons.push("the media thread is not running");
    if (admission.draining) reasons.push("draining");
    else if (!takesCalls) reasons.push("the event socket is not open yet");
    if (admission.taken >= config.maxConnections) reasons.push("full");
    if (load.overloaded) reasons.push("overloaded");
    const { budgetCnyPerDay = Infinity } = config;
    if (store.costs.spentTodayCny >= budgetCnyPerDay) {
      reasons.push("the day's budget is spent");
    }
    return reasons;
  }

  /** What operators should look at although calls are taken. */
  function degradations(): string[] {
    const found: string[] = [];
    if (!pool.ready) found.push("a shard is not running");
    if (!store.health.up) found.push("the store is away");
    for (const supplier of pool.unavailableSuppliers) {
      found.push(`calls pass ${supplier} over`);
    }
    return found;
  }
}

function readConfig(): Config {
  try {
    const config = loadConfig({
      environment: Deno.env.toObject(),
      readTextFile: Deno.readTextFileSync,
      checkNetworks: parseAddressList,
      cores: navigator.hardwareConcurrency,
      hostname: Deno.hostname(),
    });
    if (config.mediaHost !== undefined) checkMediaHost(config.mediaHost);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error("The settings cannot be used:");
    for (const problem of error.problems) console.error(`  - ${problem}`);
    console.error("See docs/configuration.md and .env.example.");
    Deno.exit(BAD_CONFIGURATION);
  }
}

/** Traces, when the environment asks for them. */
async function chooseTraces(node: string): Promise<StartTrace | undefined> {
  const names = ["OTEL_DENO", "OTEL_DENO_TRACING"];
  if (names.every((name) => Deno.env.get(name) !== "true")) return undefined;
  // Who does not trace need not carry the package in memory.
  const { openTelemetryTraces } = await import(
    "./src/telemetry/trace_open_telemetry.ts"
  );
  const attributes = { "vapi.node": node };
  return openTelemetryTraces({ version: VERSION, attributes });
}

/** Resolves with the name of the first signal that asks us to stop; one that comes later stops at once. */
function stopSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  let askedMs: number | undefined;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      askedMs ??= performance.now();
      // Ctrl-C reaches us twice under `deno task`: from the terminal and from the task.
      if (performance.now() - askedMs > SAME_SIGNAL_MS) Deno.exit(130);
      resolve(signal);
    });
  }
  return promise;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

/** Says in whose settings the mistake is when an address cannot be listened on. */
function listening<Listener>(
  { what, host, port }: {
    what: "HTTP" | "ESL" | "GATEWAY";
    host: string;
    port: number;
  },
  listen: () => Listener,
): Listener {
  try {
    return listen();
  } catch (cause) {
    const why = cause instanceof Deno.errors.AddrInUse
      ? `${what}_PORT ${port} is in use: set another one, or stop the program that has it`
      : `${what}_HOST ${host} and ${what}_PORT ${port} cannot be listened on: ${cause}`;
    throw new Error(why, { cause });
  }
}

/** A wrong address would show in the first call, and end it and all others. */
function checkMediaHost(host: string): void {
  try {
    Deno.listen({ hostname: host, port: 0 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrNotAvailable)) throw error;
    throw new ConfigurationError([
      `MEDIA_HOST must be an address of this machine, got "${host}"`,
    ]);
  }
}
