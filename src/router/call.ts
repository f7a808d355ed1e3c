// Long because: one owner has a call from its first word to its last.
import { OverloadError } from "../errors.ts";
import type { RingPool } from "../ring/ring_pool.ts";
import type {
  Assistant,
  SessionFact,
  SessionSummary,
} from "../shard/protocol.ts";
import type { Log } from "../telemetry/log.ts";
import type { AudioLeg, AudioLegCounts, OpenAudioLeg } from "./audio_leg.ts";
import type { CallControl, LegFormat, RtpStatistics } from "./call_control.ts";
import { type CallEnd, farewellFor } from "./call_end.ts";
import type { SessionHandle, ShardLink } from "./shard_link.ts";

/** Rates of the audio that we carry, in hertz. */
const RATES_HZ = [8000, 16000, 48000];
const FRAME_MS = 20;
/** FreeSWITCH's first datagram comes about 40 ms after `unicast`. */
const FIRST_FRAME_MS = 2000;
/** How long a shard may take to let go of a session. */
const SESSION_CLOSE_MS = 2000;
/** How long the statistics may come after the hang-up. */
const LINGER_MS = 2000;

/** How a call went. */
export interface CallReport {
  readonly end: CallEnd;
  readonly shard: number;
  /** From FreeSWITCH's connection to the first frame; undefined when none came. */
  readonly setupMs?: number;
  /** From the first frame to the end; 0 when none came. */
  readonly talkMs: number;
  readonly counts?: AudioLegCounts;
  readonly summary?: SessionSummary;
}

/** Parts of a {@linkcode Call}. */
export interface CallOptions {
  readonly control: CallControl;
  readonly assistant: Assistant;
  readonly link: ShardLink;
  readonly rings: RingPool;
  readonly openLeg: OpenAudioLeg;
  /** Where FreeSWITCH is to send audio; undefined for our end of the event socket. */
  readonly mediaHost?: string;
  /** A caller who has heard ringing for this long is answered although the model is not ready. */
  readonly answerAfterMs: number;
  readonly maxCallMs: number;
  readonly log: Log;
  readonly onFact: (fact: SessionFact) => void;
  readonly onStatistics: (rtp: RtpStatistics) => void;
}

/**
 * One telephone call. It owns the event socket, the leg, the rings and the
 * session, and frees each of them once, whatever ends the call. Main thread.
 */
export class Call {
  readonly id: string;
  #options: CallOptions;
  #startedMs = performance.now();
  #firstFrameMs?: number;
  #over = false;
  #ended = Promise.withResolvers<CallEnd>();
  #opened = Promise.withResolvers<void>();
  #statistics = Promise.withResolvers<void>();
  #session?: SessionHandle;
  #leg?: AudioLeg;
  #rings?: SharedArrayBuffer;
  #timers: Array<ReturnType<typeof setTimeout>> = [];

  constructor(options: CallOptions) {
    this.id = options.control.channel.uuid;
    this.#options = options;
  }

  /** The leg's counts so far. */
  get counts(): AudioLegCounts | undefined {
    return this.#leg?.counts;
  }

  /** Ends the call for a reason of the node's; later reasons change nothing. */
  end(end: CallEnd): void {
    this.#over = true;
    this.#ended.resolve(end);
  }

  /** Carries the call from here to its end and frees all that it had; never rejects. */
  async run(): Promise<CallReport> {
    const { control, link, assistant } = this.#options;
    this.#listen(control);
    if (!this.#openLeg()) return await this.#release(await this.#ended.promise);
    this.#session = link.open({ callId: this.id, assistant }, {
      opened: () => this.#opened.resolve(),
      failed: (kind, message) => this.end({ by: "model", kind, message }),
      fact: (fact) => this.#options.onFact(fact),
      lost: () => this.end({ by: "shard" }),
    });
    this.#converse().catch((error) => this.end({ by: "control", error }));
    const end = await this.#ended.promise;
    return await this.#release(end);
  }

  #listen(control: CallControl): void {
    control.listen({
      dtmf: (digit) => this.#session?.pressKey(digit),
      hungUp: (cause) => this.end({ by: "hangup", cause }),
      statistics: (rtp) => {
        this.#options.onStatistics(rtp);
        this.#statistics.resolve();
      },
      closed: (reason) => {
        this.end({ by: "connection", reason });
        this.#statistics.resolve();
      },
    });
  }

  async #converse(): Promise<void> {
    const { control, answerAfterMs, maxCallMs } = this.#options;
    await this.#unlessEnded(control.takeOver());
    await this.#unlessEnded(this.#openedOr(answerAfterMs));
    const format = await this.#unlessEnded(control.answer());
    this.#after(maxCallMs, { by: "limit" });
    const problem = formatProblem(format);
    if (problem !== undefined) {
      this.end({ by: "format", message: problem });
      return;
    }
    await this.#unlessEnded(this.#startAudio(format));
    this.#firstFrameMs = performance.now();
    this.#options.log.info("The call has audio", {
      ...format,
      setupMs: Math.round(this.#firstFrameMs - this.#startedMs),
    });
  }

  get #mediaHost(): string {
    const { mediaHost, control } = this.#options;
    return mediaHost ?? control.channel.localHost;
  }

  /** Opens the leg before anything is answered, so that a machine without sockets refuses. */
  #openLeg(): boolean {
    const { openLeg, control } = this.#options;
    const { remoteHost } = control.channel;
    try {
      this.#leg = openLeg({ host: this.#mediaHost, peerHost: remoteHost });
      return true;
    } catch (error) {
      this.end({
        by: error instanceof OverloadError ? "overload" : "control",
        error,
      });
      return false;
    }
  }

  async #startAudio(format: LegFormat): Promise<void> {
    const session = this.#session!;
    const leg = this.#leg!;
    const { rateHz } = format;
    const frameSamples = rateHz * FRAME_MS / 1000;
    const rings = this.#options.rings.take(frameSamples * 2);
    this.#rings = rings;
    session.attach({ rings, rateHz, frameSamples });
    const { doorbell } = session;
    const firstFrame = leg.start(
      {
        rings,
        doorbell,
        rateHz,
        frameSamples,
        onSilent: () =>
          this.end({ by: "media", message: "FreeSWITCH sends no more audio" }),
      },
      FIRST_FRAME_MS,
    );
    firstFrame.catch((error) =>
      this.end({ by: "media", message: String(error) })
    );
    const { control } = this.#options;
    await control.startUnicast(this.#mediaHost, leg.port);
    await firstFrame;
  }

  /** Resolves when the model is ready or the caller has waited long enough. */
  #openedOr(afterMs: number): Promise<void> {
    this.#timers.push(setTimeout(() => this.#opened.resolve(), afterMs));
    return this.#opened.promise;
  }

  #after(ms: number, end: CallEnd): void {
    this.#timers.push(setTimeout(() => this.end(end), ms));
  }

  async #unlessEnded<T>(work: Promise<T>): Promise<T> {
    const ended = this.#ended.promise.then(throwEnded);
    const result = await Promise.race([work, ended]);
    // An end in the same turn loses the race, and what follows would never be freed.
    if (this.#over) throwEnded();
    return result;
  }

  /** Frees everything; the order is that of docs/closing.md. */
  async #release(end: CallEnd): Promise<CallReport> {
    const endedMs = performance.now();
    for (const timer of this.#timers) clearTimeout(timer);
    const counts = this.#leg?.counts;
    this.#leg?.close();
    const farewell = this.#sayFarewell(end);
    const summary = await this.#session?.close(SESSION_CLOSE_MS);
    this.#returnRings(summary !== undefined);
    await farewell;
    return {
      end,
      shard: this.#options.link.shard,
      setupMs: difference(this.#firstFrameMs, this.#startedMs),
      talkMs: difference(endedMs, this.#firstFrameMs) ?? 0,
      counts,
      summary,
    };
  }

  #returnRings(letGo: boolean): void {
    if (this.#rings === undefined) return;
    // Memory that a dead or hanging shard may still write must not be another call's.
    if (letGo) this.#options.rings.giveBack(this.#rings);
    else this.#options.rings.writeOff();
    this.#rings = undefined;
  }

  async #sayFarewell(end: CallEnd): Promise<void> {
    const { control, log } = this.#options;
    const farewell = farewellFor(end);
    try {
      if (farewell.do === "leave") {
        await control.setVariable("vapi_cause", farewell.cause);
        await control.setVariable("vapi_reason", farewell.reason);
      } else {
        if (farewell.do === "hang_up") await control.hangUp(farewell.cause);
        await this.#awaitStatistics();
      }
    } catch (error) {
      log.warn("FreeSWITCH could not be told of the end", { error });
    } finally {
      control.leave();
    }
  }

  async #awaitStatistics(): Promise<void> {
    const timer = setTimeout(() => this.#statistics.resolve(), LINGER_MS);
    await this.#statistics.promise;
    clearTimeout(timer);
  }
}

function throwEnded(): never {
  throw new DOMException("The call has ended", "AbortError");
}

function difference(later?: number, earlier?: number): number | undefined {
  if (later === undefined || earlier === undefined) return undefined;
  return later - earlier;
}

function formatProblem(format: LegFormat): string | undefined {
  const { codec, rateHz, frameMs } = format;
  if (RATES_HZ.includes(rateHz) && frameMs === FRAME_MS) return undefined;
  return `The channel's audio is ${codec} at ${rateHz} Hz in frames of ${frameMs} ms; ` +
    `only 8000, 16000 and 48000 Hz in frames of ${FRAME_MS} ms are carried`;
}
