import {
  createFreeSwitch,
  type FreeSwitch,
} from "../../src/simulator/freeswitch/free_switch.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { type RedisProcess, startRedis } from "../redis_process.ts";
import { Caller } from "./caller.ts";
import { type Model, startModel } from "./model.ts";
import { ChaosNode } from "./node.ts";
import { nodeSettings, writeAssistants } from "./node_settings.ts";

/** How a stage is set. */
export interface StageOptions {
  readonly calls: number;
  readonly nodes: number;
  readonly shards: number;
  /** Whether a second supplier stands by. */
  readonly spare: boolean;
  /** Whether shards are to be killed. */
  readonly debug: boolean;
  /** Where the nodes' logs go. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly tell: (what: string) => void;
}

/** A fault, as the picture shows it. */
export interface Mark {
  readonly atMs: number;
  readonly label: string;
}

const SETUPS_AT_ONCE = 20;
const SETUP_PAUSE_MS = 200;
const LOOK_MS = 20;
/** Whoever was heard this recently is being heard. */
const RECENT_MS = 200;
const STOP_MS = 15_000;

/** The real servers with everything around them, callers included; taken down when it is disposed. */
export class Stage implements AsyncDisposable {
  readonly options: StageOptions;
  readonly redis: RedisProcess;
  readonly model: Model;
  readonly spare: Model | undefined;
  readonly nodes: readonly ChaosNode[];
  readonly machine: FreeSwitch;
  readonly callers: Caller[] = [];
  readonly marks: Mark[] = [];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    options: StageOptions,
    parts: Pick<Stage, "redis" | "model" | "spare" | "nodes" | "machine">,
    stack: AsyncDisposableStack,
  ) {
    this.options = options;
    this.redis = parts.redis;
    this.model = parts.model;
    this.spare = parts.spare;
    this.nodes = parts.nodes;
    this.machine = parts.machine;
    this.#stack = stack;
  }

  /** Starts everything; nothing is left when it rejects. */
  static async open(options: StageOptions): Promise<Stage> {
    await using stack = new AsyncDisposableStack();
    const { folder, calls, tell } = options;
    tell("starting Redis, the models and the nodes");
    const redis = await startRedis(`${folder}/redis`);
    stack.defer(() => redis.close());
    const model = await startModel("stepfun");
    stack.defer(() => model.close());
    const spare = options.spare ? await startModel("qwen") : undefined;
    stack.defer(() => spare?.close());
    const assistants = await writeAssistants(folder, calls);
    const environment = nodeSettings({
      redisUrl: redis.url,
      urls: [model.url, spare?.url],
      assistants,
      shards: options.shards,
    });
    const nodes = createNodes(options, environment, stack);
    await Promise.all(nodes.map((node) => node.start()));
    const machine = createFreeSwitch({ log: SILENT_LOG });
    stack.defer(() => machine.close());
    const parts = { redis, model, spare, nodes, machine };
    return new Stage(options, parts, stack.move());
  }

  /** Places all calls and waits until each of them hears its assistant. */
  async placeCalls(): Promise<void> {
    const { calls, tell } = this.options;
    tell(`placing ${calls} calls`);
    while (this.callers.length < calls) {
      const upTo = Math.min(calls, this.callers.length + SETUPS_AT_ONCE);
      while (this.callers.length < upTo) this.placeCall(this.callers.length);
      await this.pause(SETUP_PAUSE_MS);
    }
    await this.allHear("every caller hears its assistant", 30_000);
  }

  /** Places one call with the assistant of this number. */
  placeCall(number: number): Caller {
    const { nodes } = this;
    const caller = new Caller(this.machine, {
      name: `caller-${number}`,
      number: String(13_800_000_000 + number),
      targets: nodes.map((_, i) => nodes[(i + number) % nodes.length].target),
    });
    this.callers.push(caller);
    return caller;
  }

  /** Callers whose call goes on. */
  get talking(): Caller[] {
    return this.callers.filter(({ outcome }) => outcome === undefined);
  }

  /** Resolves when everybody whose call goes on hears the assistant; rejects after `withinMs`. */
  async allHear(what: string, withinMs: number): Promise<void> {
    const done = () => this.talking.every((caller) => caller.hears(RECENT_MS));
    await this.until(what, done, withinMs);
  }

  /** Notes a fault, and when it struck. */
  mark(label: string): number {
    const atMs = performance.now();
    this.marks.push({ atMs, label });
    this.options.tell(label);
    return atMs;
  }

  /** Looks again and again until it is so; rejects after `withinMs`, or when the run is broken off. */
  async until(
    what: string,
    condition: () => boolean | Promise<boolean>,
    withinMs: number,
  ): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    while (!await condition()) {
      if (performance.now() > deadlineMs) {
        throw new Error(`Not within ${withinMs / 1000} s: ${what}`);
      }
      await this.pause(LOOK_MS);
    }
  }

  /** Whether it becomes so in time. */
  async becomes(
    condition: () => boolean | Promise<boolean>,
    withinMs: number,
  ): Promise<boolean> {
    const deadlineMs = performance.now() + withinMs;
    while (!await condition()) {
      if (performance.now() > deadlineMs) return false;
      await this.pause(LOOK_MS);
    }
    return true;
  }

  /** Waits; rejects when the run is broken off. */
  async pause(ms: number): Promise<void> {
    const { signal } = this.options;
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const stop = () => resolve();
    signal.addEventListener("abort", stop, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
  }

  /** The nodes that run. */
  get runningNodes(): ChaosNode[] {
    return this.nodes.filter(({ running }) => running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function createNodes(
  { nodes, debug, folder }: StageOptions,
  environment: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
): ChaosNode[] {
  return Array.from({ length: nodes }, (_, i) => {
    const name = `node-${i + 1}`;
    const log = Deno.openSync(`${folder}/${name}.log`, {
      write: true,
      create: true,
      truncate: true,
    });
    stack.defer(() => log.close());
    const node = new ChaosNode({
      name,
      environment,
      debug,
      onLog: (line) =>
        void log.writeSync(ENCODER.encode(`${JSON.stringify(line)}\n`)),
    });
    stack.defer(async () => void await node.stop(STOP_MS));
    return node;
  });
}

const ENCODER = new TextEncoder();
