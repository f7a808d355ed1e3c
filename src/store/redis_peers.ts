import { z } from "zod";
import { type Log, SILENT_LOG } from "../telemetry/log.ts";
import type { PeerAnswer, Peers } from "./call_store.ts";
import { RedisConnection } from "./redis_connection.ts";

/** Where every node hears the questions of all. */
const QUESTIONS = "vapi:questions";
/** Where one process hears the answers to its own. */
const ANSWERS = "vapi:answers:";
/** In characters; a node's thousand calls are a tenth of it. */
const LONGEST_MESSAGE = 4_000_000;
/** More than operators and their programs ask at once. */
const MOST_ASKED = 100;
/** More nodes than there are. */
const MOST_ANSWERS = 1000;

const Question = z.object({
  id: z.uuid(),
  from: z.uuid(),
  question: z.unknown(),
});
const Answer = z.object({
  id: z.uuid(),
  node: z.string().max(256),
  answer: z.unknown(),
});

/** Parts of {@linkcode RedisPeers}. */
export interface RedisPeersOptions {
  /** By which is spoken. */
  readonly redis: RedisConnection;
  /** Where a second connection, by which is heard, is made to. */
  readonly redisUrl: string;
  readonly commandMs: number;
  readonly node: string;
  /** Names this process among all. */
  readonly instance: string;
  readonly log: Log;
}

/** A question of ours that waits for answers. */
interface Asked {
  readonly answers: PeerAnswer[];
  /** Answers that may come. */
  most: number;
  /** Looks whether there are enough. */
  look(): void;
}

/** Asks the other nodes by Redis' channels, and answers them. Main thread. */
export class RedisPeers implements Peers {
  readonly #options: RedisPeersOptions;
  readonly #asked = new Map<string, Asked>();
  /** What hears can say nothing, so it is a connection of its own. */
  #ear?: RedisConnection;
  #answer: (question: unknown) => unknown = () => undefined;
  #isListening = false;
  #isClosed = false;
  #wasRefused = false;

  constructor(options: RedisPeersOptions) {
    this.#options = options;
  }

  listen(answer: (question: unknown) => unknown): void {
    const { redisUrl, commandMs } = this.#options;
    this.#answer = answer;
    const ear = this.#ear = new RedisConnection({
      redisUrl,
      commandMs,
      // Whether Redis can be reached the other connection says.
      log: SILENT_LOG,
      onReady: () => this.#subscribe(),
    });
    ear.client.on("close", () => this.#isListening = false);
    ear.client.on("message", (channel, text) => this.#hear(channel, text));
  }

  async ask(
    question: unknown,
    { withinMs, isEnough = () => false }: {
      readonly withinMs: number;
      readonly isEnough?: (answers: readonly PeerAnswer[]) => boolean;
    },
  ): Promise<readonly PeerAnswer[]> {
    const { redis, instance } = this.#options;
    const isFull = this.#asked.size >= MOST_ASKED;
    if (!this.#isListening || !redis.isUp || isFull) return [];
    const id = crypto.randomUUID();
    const done = Promise.withResolvers<void>();
    const answers: PeerAnswer[] = [];
    const asked: Asked = {
      answers,
      most: Infinity,
      look() {
        const isAll = answers.length >= asked.most;
        if (isAll || isEnough(answers)) done.resolve();
      },
    };
    this.#asked.set(id, asked);
    const timer = setTimeout(done.resolve, withinMs);
    this.#publish(QUESTIONS, { id, from: instance, question }).then((heard) => {
      // Of a cluster, a server counts those of its own only. We hear ourselves.
      asked.most = redis.isCluster ? Infinity : heard - 1;
      asked.look();
    }, done.resolve);
    await done.promise;
    clearTimeout(timer);
    this.#asked.delete(id);
    return answers;
  }

  /** Looks whether what we hear by still works; to be called now and then. */
  check(): void {
    const ear = this.#ear;
    if (ear === undefined || !ear.isConnected) return;
    if (!this.#isListening) return this.#subscribe();
    ear.client.ping().then(
      () => ear.worked(),
      (error) => ear.failed(error),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#ear?.close(() => Promise.resolve());
  }

  #subscribe(): void {
    const { instance } = this.#options;
    this.#ear?.client.subscribe(QUESTIONS, ANSWERS + instance).then(
      () => this.#isListening = true,
      (error) => this.#complain(error),
    );
  }

  #hear(channel: string, text: string): void {
    if (text.length > LONGEST_MESSAGE) return;
    const message = parse(text);
    if (channel === QUESTIONS) this.#reply(message);
    else this.#take(message);
  }

  #reply(message: unknown): void {
    const asked = Question.safeParse(message);
    const { instance, node, log } = this.#options;
    if (!asked.success || asked.data.from === instance) return;
    const { id, from, question } = asked.data;
    // Whoever asks counts the answers.
    let answer: unknown = null;
    try {
      answer = this.#answer(question) ?? null;
    } catch (error) {
      log.error("A question of another node was not answered", { error });
    }
    this.#publish(ANSWERS + from, { id, node, answer }).catch(() => {});
  }

  #take(message: unknown): void {
    const { success, data } = Answer.safeParse(message);
    const asked = success ? this.#asked.get(data.id) : undefined;
    if (!success || asked === undefined) return;
    if (asked.answers.length >= MOST_ANSWERS) return;
    asked.answers.push({ node: data.node, answer: data.answer });
    asked.look();
  }

  /** Resolves with how many hear it. */
  async #publish(channel: string, message: unknown): Promise<number> {
    const { client } = this.#options.redis;
    try {
      return await client.publish(channel, JSON.stringify(message));
    } catch (error) {
      this.#complain(error);
      throw error;
    }
  }

  /** It is nothing that calls need, so it is said once, and Redis is not taken for away. */
  #complain(error: unknown): void {
    const isReply = error instanceof Error && error.name === "ReplyError";
    if (!isReply || this.#wasRefused || this.#isClosed) return;
    this.#wasRefused = true;
    const { log } = this.#options;
    log.warn("The other nodes cannot be asked for their calls", {
      error: error.message.slice(0, 200),
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
