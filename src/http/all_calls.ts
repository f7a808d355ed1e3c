import { z } from "zod";
import { transferNumber } from "../config/transfer_number.ts";
import type { CallView } from "../router/call_view.ts";
import type { PeerAnswer, Peers } from "../store/call_store.ts";
import { type CallDescription, describeCall } from "./call_description.ts";

/** What came of a transfer that was asked for. */
export type TransferOutcome = "sent" | "unknown" | "impossible";

/** The calls of one node. */
export interface OwnCalls {
  views(): CallView[];
  view(callId: string): CallView | undefined;
  /** False when it is not here. */
  hangUp(callId: string): boolean;
  transfer(callId: string, to: string): TransferOutcome;
}

/** Parts of {@linkcode AllCalls}. */
export interface AllCallsOptions {
  readonly node: string;
  readonly own: OwnCalls;
  readonly peers: Peers;
}

/** Somebody waits for the answer, and a node that hangs has none. */
const PEERS_MS = 500;

const callId = z.string().min(1).max(256);
const Question = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("list") }),
  z.strictObject({ do: z.literal("find"), callId }),
  z.strictObject({ do: z.literal("hang_up"), callId }),
  z.strictObject({ do: z.literal("transfer"), callId, to: transferNumber }),
]);
type Question = z.infer<typeof Question>;

const Description = z.looseObject({ callId, ageSeconds: z.number() });
const Outcome = z.enum(["sent", "unknown", "impossible"]);

/**
 * The calls of all nodes that share a store: what this one has not, the others
 * are asked for. Main thread. Nothing here rejects; nodes that do not answer
 * in half a second are left out.
 */
export class AllCalls {
  readonly #options: AllCallsOptions;

  constructor(options: AllCallsOptions) {
    this.#options = options;
  }

  /** Asks the others, and answers them, from now on. */
  listen(): void {
    this.#options.peers.listen((question) => this.#answer(question));
  }

  /** All calls, the oldest first, and the nodes that were heard. */
  async list(): Promise<{
    readonly calls: readonly CallDescription[];
    readonly nodes: readonly string[];
  }> {
    const answers = await this.#ask({ do: "list" });
    const others = answers.flatMap(({ answer }) =>
      z.array(Description).safeParse(answer).data ?? []
    );
    const calls = [...this.#list(), ...others];
    return {
      calls: calls.toSorted((a, b) => b.ageSeconds - a.ageSeconds),
      nodes: [this.#options.node, ...answers.map(({ node }) => node)],
    };
  }

  /** One call; undefined when nobody has it. */
  async find(callId: string): Promise<CallDescription | undefined> {
    return this.#find(callId) ??
      await this.#first(
        { do: "find", callId },
        (answer) => Description.safeParse(answer).data,
      );
  }

  /** Ends a call; false when nobody has it. */
  async hangUp(callId: string): Promise<boolean> {
    const { own } = this.#options;
    return own.hangUp(callId) ||
      await this.#first({ do: "hang_up", callId }, isTrue) !== undefined;
  }

  /** Sends a caller to a number of the dialplan. */
  async transfer(callId: string, to: string): Promise<TransferOutcome> {
    const outcome = this.#options.own.transfer(callId, to);
    if (outcome !== "unknown") return outcome;
    const question = { do: "transfer", callId, to } as const;
    return await this.#first(question, knownOutcome) ?? "unknown";
  }

  #answer(asked: unknown): unknown {
    const { success, data } = Question.safeParse(asked);
    if (!success) return undefined;
    const { own } = this.#options;
    switch (data.do) {
      case "list":
        return this.#list();
      case "find":
        return this.#find(data.callId);
      case "hang_up":
        return own.hangUp(data.callId);
      case "transfer":
        return own.transfer(data.callId, data.to);
    }
  }

  #list(): CallDescription[] {
    const { own, node } = this.#options;
    return own.views().map((view) => describeCall(view, node));
  }

  #find(callId: string): CallDescription | undefined {
    const { own, node } = this.#options;
    const view = own.view(callId);
    return view && describeCall(view, node);
  }

  #ask(
    question: Question,
    isEnough?: (answers: readonly PeerAnswer[]) => boolean,
  ): Promise<readonly PeerAnswer[]> {
    const { peers } = this.#options;
    return peers.ask(question, { withinMs: PEERS_MS, isEnough });
  }

  /** The first answer in which there is something. */
  async #first<T>(
    question: Question,
    read: (answer: unknown) => T | undefined,
  ): Promise<T | undefined> {
    const pick = (answers: readonly PeerAnswer[]) =>
      answers.map(({ answer }) => read(answer))
        .find((found) => found !== undefined);
    return pick(
      await this.#ask(question, (answers) => pick(answers) !== undefined),
    );
  }
}

function isTrue(answer: unknown): true | undefined {
  return answer === true ? true : undefined;
}

function knownOutcome(answer: unknown): TransferOutcome | undefined {
  const outcome = Outcome.safeParse(answer).data;
  return outcome === "unknown" ? undefined : outcome;
}
