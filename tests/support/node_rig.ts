import type {
  CallOptions,
  DialplanAction,
  SimulatedCall,
} from "../../src/simulator/freeswitch/call_options.ts";
import {
  createFreeSwitch,
  type FreeSwitch,
} from "../../src/simulator/freeswitch/free_switch.ts";
import {
  startStepFun,
  type StepFun,
} from "../../src/simulator/stepfun/start_stepfun.ts";
import type { StepFunOptions } from "../../src/simulator/stepfun/stepfun_options.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import {
  type LogLine,
  type ServerProcess,
  startServer,
} from "../../tools/server_process.ts";

/** The real server between both simulators, all over real sockets. */
export interface NodeRig {
  readonly server: ServerProcess;
  readonly stepFun: StepFun;
  readonly freeSwitch: FreeSwitch;
  /** Everything that the server has logged so far. */
  readonly logs: readonly LogLine[];
  /** Resolves with the first log line with this message that `fits`, past or to come. */
  logged(message: string, fits?: (line: LogLine) => boolean): Promise<LogLine>;
  /** Places a call whose dialplan is the one of freeswitch/, unless told otherwise. */
  call(options?: Partial<CallOptions>): SimulatedCall;
}

/** What a rig may be told. */
export interface NodeRigOptions {
  readonly stepFun?: Partial<StepFunOptions>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether shards are to be killed. */
  readonly debug?: boolean;
}

/** Longer than anything takes that a test waits for. */
const DEADLINE_MS = 60_000;

interface LogWaiter {
  readonly fits: (line: LogLine) => boolean;
  readonly resolve: (line: LogLine) => void;
}

/** Starts a rig, runs `body` and takes everything down again; the server must stop with code 0. */
export async function withNode(
  options: NodeRigOptions,
  body: (rig: NodeRig) => Promise<void>,
): Promise<void> {
  const stepFun = startStepFun({ mode: "parrot", ...options.stepFun });
  const logs: LogLine[] = [];
  const waiters = new Set<LogWaiter>();
  const server = await startServer({
    environment: {
      STEPFUN_URL: stepFun.url,
      SHARDS: "2",
      DRAIN_SECONDS: "0",
      LOG_PII: "show",
      // Tests run beside each other: a thread may wait for its turn.
      SHARD_TIMEOUT_MS: "10000",
      OVERLOAD_DELAY_MS: "0",
      ...options.environment,
    },
    debug: options.debug,
    onLog: (line) => {
      logs.push(line);
      for (const waiter of waiters) if (waiter.fits(line)) waiter.resolve(line);
    },
    // A debugger has much to say.
    onError: (line) => options.debug || console.error(line),
  });
  const freeSwitch = createFreeSwitch({ log: SILENT_LOG });
  let code: number;
  try {
    await body({
      server,
      stepFun,
      freeSwitch,
      logs,
      logged: (message, also = () => true) => {
        const fits = (line: LogLine) => line.message === message && also(line);
        const known = logs.find(fits);
        if (known !== undefined) return Promise.resolve(known);
        return waitFor(waiters, { message, fits, logs });
      },
      call: (call) => freeSwitch.placeCall({ ...plainCall(server), ...call }),
    });
  } finally {
    await freeSwitch.close();
    code = await server.stop();
    await stepFun.close();
  }
  if (code !== 0) throw new Error(`The server stopped with code ${code}`);
}

/** Rounds over the nodes, as freeswitch/dialplan/vapi/handover.xml has them. */
export const ROUNDS = 6;

/** The dialplan of freeswitch/dialplan/from-uap.xml, with one node. */
export function plainCall(server: { readonly eslPort: number }): CallOptions {
  const round: DialplanAction[] = [
    { schedTransfer: 5 },
    { schedHangup: 30 },
    { socket: `127.0.0.1:${server.eslPort}` },
  ];
  return {
    callerNumber: "13800138000",
    calledNumber: "1000",
    variables: { send_silence_when_idle: "400" },
    dialplan: [
      { setVariable: ["vapi_cause", "NORMAL_TEMPORARY_FAILURE"] },
      ...Array.from({ length: ROUNDS }, () => round).flat(),
      { hangup: "${vapi_cause}" },
    ],
  };
}

async function waitFor(
  waiters: Set<LogWaiter>,
  wanted: {
    readonly message: string;
    readonly fits: LogWaiter["fits"];
    readonly logs: readonly LogLine[];
  },
): Promise<LogLine> {
  const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
  const waiter = { fits: wanted.fits, resolve };
  waiters.add(waiter);
  const timer = setTimeout(
    () => {
      const logged = wanted.logs.map((line) => JSON.stringify(line));
      const words = `The server never logged: ${wanted.message}`;
      reject(new Error([words, ...logged].join("\n")));
    },
    DEADLINE_MS,
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    waiters.delete(waiter);
  }
}
