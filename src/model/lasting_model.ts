// Long because: the states of a call's model and all that changes them are in one place.
import {
  ModelError,
  type SpeechModel,
  type SpeechModelOptions,
} from "../shard/speech_model.ts";
import type { Candidate } from "./candidate.ts";
import { newestWithin } from "./history_window.ts";
import type { ModelDeadlines } from "./model_deadlines.ts";
import type { ConnectSocket } from "./model_socket.ts";
import { Renewal } from "./renewal.ts";
import type { SupplierBoard } from "./supplier_board.ts";
import { SupplierLink } from "./supplier_link.ts";
import { type Attempt, SupplierSearch } from "./supplier_search.ts";

/** Parts of a {@linkcode LastingModel}, besides what its call gives. */
export interface LastingModelParts {
  readonly deadlines: ModelDeadlines;
  /** Connections that are tried with one supplier before the next has its turn. */
  readonly attempts: number;
  /** A model that stays away for longer is given up. */
  readonly giveUpMs: number;
  /** How much of the history a new conversation is given, about. */
  readonly historyTokens: number;
  readonly board: SupplierBoard;
  readonly connect: ConnectSocket;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

/** What a {@linkcode LastingModel} needs. */
export interface LastingModelOptions
  extends LastingModelParts, Omit<SpeechModelOptions, "assistant"> {
  /** In the order in which they are tried; at least one. */
  readonly candidates: readonly Candidate[];
}

interface Opening {
  readonly state: "opening";
  readonly abort: AbortController;
}

interface Serving {
  readonly state: "open";
  readonly link: SupplierLink;
  readonly renewal: Renewal;
}

interface Away {
  readonly state: "away";
  readonly abort: AbortController;
  readonly sinceMs: number;
}

type LastingState =
  | { readonly state: "new" }
  | Opening
  | Serving
  | Away
  | { readonly state: "closed" };

/** A conversation that lived shorter was as good as none. */
const SHORT_LIFE_MS = 5000;
const MOST_TEXTS = 8;

/**
 * A model that lasts as long as its call: over as many conversations, with as
 * many suppliers, as it takes. Worker thread. The one place that reconnects.
 */
export class LastingModel implements SpeechModel {
  readonly #options: LastingModelOptions;
  #state: LastingState = { state: "new" };
  #search: SupplierSearch<SupplierLink>;
  /** Who answers, or did last. */
  #served: Candidate;
  /** What waits for a conversation. */
  readonly #texts: string[] = [];

  constructor(options: LastingModelOptions) {
    this.#options = options;
    this.#served = options.candidates[0];
    this.#search = this.#newSearch(0);
  }

  get supplier(): string {
    return this.#served.supplier;
  }

  get inputRateHz(): number {
    return this.#served.profile.inputRateHz;
  }

  get outputRateHz(): number {
    return this.#served.profile.outputRateHz;
  }

  async open(signal: AbortSignal): Promise<void> {
    if (this.#state.state === "closed") throw closedWhileOpening();
    if (this.#state.state !== "new") {
      throw new TypeError("Cannot open the model: it was opened before");
    }
    const abort = new AbortController();
    const opening: Opening = { state: "opening", abort };
    this.#state = opening;
    const stop = () => abort.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    // A new call has better to do than to wait for a model that is not there.
    const isPatient = this.#options.inMidCall ?? false;
    try {
      let { found } = await this.#search.run(abort.signal, isPatient);
      while (this.#wasLost(found)) {
        ({ found } = await this.#search.run(abort.signal, isPatient));
      }
      if (this.#state !== opening) {
        found.client.close();
        throw closedWhileOpening();
      }
      this.#serve(found);
      this.#sendTexts(found);
    } catch (error) {
      this.#leave();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  appendAudio(samples: Int16Array): void {
    if (this.#state.state === "open") {
      this.#state.link.client.appendAudio(samples);
    }
  }

  sendText(text: string): void {
    const { state } = this.#state;
    if (state === "closed") return;
    if (this.#state.state === "open") {
      return this.#state.link.sendText(text);
    }
    this.#texts.push(text);
    if (this.#texts.length <= MOST_TEXTS) return;
    this.#texts.shift();
    this.#options.events.complaint({
      kind: "mistake",
      message: "too many texts wait for the model, the oldest is dropped",
    });
  }

  get awaitsFunction(): boolean {
    const state = this.#state;
    return state.state === "open" && state.link.client.awaitsFunction;
  }

  answerFunction(id: string, output: string): boolean {
    const state = this.#state;
    if (state.state !== "open") return false;
    return state.link.client.answerFunction(id, output);
  }

  interrupt(heardMs: number): void {
    if (this.#state.state === "open") {
      this.#state.link.client.interrupt(heardMs);
    }
  }

  quiet(): void {
    if (this.#state.state === "open") this.#state.renewal.quiet();
  }

  abandon(failure: ModelError): void {
    if (this.#state.state !== "open") return;
    const { link } = this.#state;
    this.#options.board.report(this.supplier, "abandoned");
    link.abandon(failure);
  }

  close(): void {
    const state = this.#state;
    if (state.state === "closed") return;
    this.#state = { state: "closed" };
    if (state.state === "new") return;
    if (state.state === "opening") {
      return state.abort.abort(closedWhileOpening());
    }
    if (state.state === "away") state.abort.abort(closedWhileOpening());
    else leave(state);
    this.#options.events.closed();
  }

  #newSearch(first: number): SupplierSearch<SupplierLink> {
    const { candidates, deadlines } = this.#options;
    return new SupplierSearch({
      ...this.#options,
      suppliers: candidates.map(({ supplier }) => supplier),
      openMs: deadlines.openMs,
      first,
      connect: (attempt) => this.#connect(attempt),
    });
  }

  /** Opens a conversation that nobody hears of yet, and reports how that went. */
  async #connect({ index, openMs, signal }: Attempt): Promise<SupplierLink> {
    const { candidates, board, deadlines } = this.#options;
    const candidate = candidates[index];
    const link = new SupplierLink({
      ...this.#options,
      ...candidate,
      index,
      deadlines: { ...deadlines, openMs },
      lost: (lost, failure) => this.#lost(lost, failure),
      responseOver: (of) => this.#responseOver(of),
      answered: () => board.report(candidate.supplier, "answered"),
    });
    try {
      await link.open(signal);
      if (link.lostBy !== undefined) throw link.lostBy;
    } catch (error) {
      if (!signal.aborted && error instanceof ModelError) {
        board.report(candidate.supplier, error.kind);
      }
      throw error;
    }
    board.report(candidate.supplier, "ok");
    return link;
  }

  /** Makes a conversation that is open the one that answers, and gives it the history. */
  #serve(link: SupplierLink): void {
    const { candidates, events, history, historyTokens } = this.#options;
    const { random, deadlines } = this.#options;
    this.#served = candidates[link.index];
    const { index } = link;
    const { openMs } = deadlines;
    const renewal = new Renewal({
      limitMs: this.#served.profile.sessionLimitMs - link.ageMs,
      open: (signal) => this.#connect({ index, openMs, signal }),
      swap: (spare) => this.#renew(spare),
      isIdle: () => !link.isBusy,
      random,
    });
    this.#state = { state: "open", link, renewal };
    link.serve(events);
    link.client.giveHistory(newestWithin(history(), historyTokens));
  }

  #sendTexts(link: SupplierLink): void {
    for (const text of this.#texts.splice(0)) link.sendText(text);
  }

  #responseOver(link: SupplierLink): void {
    if (this.#state.state === "open" && this.#state.link === link) {
      this.#state.renewal.idle();
    }
  }

  #renew(spare: SupplierLink): void {
    if (this.#state.state !== "open") return;
    // First, because what is unfinished of the old one belongs to the history.
    leave(this.#state);
    if (this.#state.state !== "open") return spare.client.close();
    this.#serve(spare);
    this.#options.events.renewed();
  }

  #lost(link: SupplierLink, failure: ModelError): void {
    const state = this.#state;
    if (state.state !== "open") return;
    if (state.link !== link) return state.renewal.lost(link);
    const { events, nowMs, candidates } = this.#options;
    const abort = new AbortController();
    const away: Away = { state: "away", abort, sinceMs: nowMs() };
    this.#state = away;
    let spare = state.renewal.take();
    if (link.isAbandoned && candidates.length > 1) {
      // It takes conversations and makes nothing of them: any other one is better, also than a spare of its own.
      this.#search = this.#newSearch((link.index + 1) % candidates.length);
      spare?.client.close();
      spare = undefined;
    } else if (link.ageMs < SHORT_LIFE_MS) this.#search.shortLived(failure);
    else this.#search = this.#newSearch(link.index);
    events.lost(failure);
    if (this.#state !== away) spare?.client.close();
    else if (spare !== undefined) this.#regain(away, { link: spare });
    else void this.#reach(away);
  }

  /** Whether a conversation was lost on its way from the search, which nobody was told then. */
  #wasLost({ lostBy }: SupplierLink): boolean {
    if (lostBy !== undefined) this.#search.shortLived(lostBy);
    return lostBy !== undefined;
  }

  async #reach(away: Away): Promise<void> {
    const { signal } = away.abort;
    try {
      let { found, attempts } = await this.#search.run(signal, true);
      while (this.#wasLost(found)) {
        ({ found, attempts } = await this.#search.run(signal, true));
      }
      if (this.#state !== away) return found.client.close();
      this.#regain(away, { link: found, attempts });
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #regain(
    { sinceMs }: Away,
    { link, attempts = 0 }: { link: SupplierLink; attempts?: number },
  ): void {
    const { events, nowMs } = this.#options;
    this.#serve(link);
    const { supplier, profile: { model } } = this.#served;
    const gapMs = nowMs() - sinceMs;
    events.regained({ supplier, model, gapMs, attempts });
    this.#sendTexts(link);
  }

  /** Closes what there is, without a word. */
  #leave(): void {
    const state = this.#state;
    this.#state = { state: "closed" };
    if (state.state === "open") leave(state);
  }

  #giveUp(error: unknown): void {
    if (this.#state.state === "closed") return;
    this.#leave();
    const words = `The model could not be reached again: ${error}`;
    this.#options.events.closed(
      error instanceof ModelError
        ? error
        : new ModelError("closed", words, { cause: error }),
    );
  }
}

function leave({ renewal, link }: Serving): void {
  renewal.close();
  link.client.close();
}

function closedWhileOpening(): ModelError {
  return new ModelError("closed", "Cannot open the model: it was closed");
}
