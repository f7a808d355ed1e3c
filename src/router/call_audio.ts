import { OverloadError } from "../errors.ts";
import type { RingPlace } from "../ring/layout.ts";
import type { RingPool } from "../ring/ring_pool.ts";
import type { Log } from "../telemetry/log.ts";
import type {
  AudioLeg,
  AudioLegCounts,
  AudioLegRejoin,
  OpenAudioLeg,
} from "./audio_leg.ts";
import type { CallControl, LegFormat } from "./call_control.ts";
import type { CallEnd } from "./call_end.ts";
import type { SessionHandle } from "./session_handle.ts";

/** FreeSWITCH's first datagram comes about 40 ms after `unicast`. */
const FIRST_FRAME_MS = 2000;
/** How long FreeSWITCH may take to obey `unicast` before we leave all the same. */
const UNICAST_MS = 500;
/** FreeSWITCH may have stood still as a whole: what it sends when it goes on is counted by then. */
const LOOK_AGAIN_MS = 500;
/** A leg whose thread hangs is let go by then. */
const LEG_CLOSE_MS = 2000;

/** Parts of a {@linkcode CallAudio}. */
export interface CallAudioOptions {
  readonly control: CallControl;
  readonly rings: RingPool;
  readonly openLeg: OpenAudioLeg;
  /** Where FreeSWITCH is to send audio; undefined for our end of the event socket. */
  readonly mediaHost?: string;
  /** Whether another node has begun the call. */
  readonly resumed: boolean;
  /** Whether the other side has put the caller on hold. */
  readonly isHeld: () => boolean;
  /** Ends the call. */
  readonly end: (end: CallEnd) => void;
  readonly log: Log;
}

/**
 * A call's leg, and the rings that join it to the session. Ends the call when
 * no audio comes. Main thread.
 */
export class CallAudio {
  #options: CallAudioOptions;
  #mediaHost: string;
  #leg?: AudioLeg;
  #format?: LegFormat;
  #rings?: RingPlace;
  /** The first frame, once FreeSWITCH was asked for audio. */
  #first?: Promise<void>;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(options: CallAudioOptions) {
    this.#options = options;
    const { mediaHost, control } = options;
    this.#mediaHost = mediaHost ?? control.channel.localHost;
  }

  /** The leg's counts so far; undefined when there is none. */
  get counts(): AudioLegCounts | undefined {
    return this.#leg?.counts;
  }

  /** Length of a frame, in milliseconds; 0 before there was one. */
  get frameMs(): number {
    return this.#format?.frameMs ?? 0;
  }

  /** Opens the leg before anything is answered, so that a machine without sockets refuses; false when the call ends of it. */
  open(): boolean {
    const { openLeg, control, end } = this.#options;
    const { remoteHost } = control.channel;
    try {
      this.#leg = openLeg({ host: this.#mediaHost, peerHost: remoteHost });
      return true;
    } catch (error) {
      end({
        by: error instanceof OverloadError ? "overload" : "control",
        error,
      });
      return false;
    }
  }

  /** Asks FreeSWITCH for audio, for `session` if there is one now; resolves with the first frame. */
  async start(format: LegFormat, session?: SessionHandle): Promise<void> {
    const { control, resumed, end } = this.#options;
    this.#format = format;
    const leg = this.#leg!;
    const first = leg.start(
      {
        ...this.#join(format, session),
        rateHz: format.rateHz,
        frameSamples: samplesOf(format),
        onPaused: () => this.#notePause(),
        onSilent: () => this.#missAudio(),
        onFailed: (error) => {
          // Where this node lacks something, another may have it.
          const elsewhere = error instanceof OverloadError;
          end({ by: "media", message: String(error), elsewhere });
        },
      },
      FIRST_FRAME_MS,
    );
    first.catch((error) =>
      // Whoever began the call may have left something undone: the next try is another node's.
      end({ by: "media", message: String(error), elsewhere: resumed })
    );
    this.#first = first;
    await control.startUnicast(this.#mediaHost, leg.port);
    await first;
  }

  /** Goes on with another session; before the start there is nothing that could. */
  rejoin(session?: SessionHandle): void {
    if (this.#format === undefined || this.#rings === undefined) return;
    this.returnRings(false);
    this.#leg!.rejoin(this.#join(this.#format, session));
  }

  /** The caller is off hold: audio that was missing meanwhile has to come again. */
  goOn(): void {
    if (this.#format !== undefined && !this.#isBrowser) {
      this.#expectAudio(FIRST_FRAME_MS);
    }
  }

  /**
   * Waits for what FreeSWITCH was asked for and has not done yet: it would do it
   * for the next node, which asks for it again, and twice ends the audio.
   */
  async settle(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, UNICAST_MS);
    await Promise.race([this.#first?.catch(() => {}), late.promise]);
    clearTimeout(timer);
  }

  /** Closes the leg; resolves with whether it has let go of the rings, before a thread that hangs does. */
  async close(): Promise<boolean> {
    clearTimeout(this.#timer);
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), LEG_CLOSE_MS);
    const isLetGo = await Promise.race([
      this.#leg?.close() ?? true,
      late.promise,
    ]);
    clearTimeout(timer);
    return isLetGo;
  }

  /** Gives the rings back; `isLetGo`: leg and session touch them no more. */
  returnRings(isLetGo: boolean): void {
    if (this.#rings === undefined) return;
    // Memory that a dead or hanging thread may still write must not be another call's.
    if (isLetGo) this.#options.rings.giveBack(this.#rings);
    else this.#options.rings.writeOff(this.#rings);
    this.#rings = undefined;
  }

  /** Joins the leg and the session by rings of their own. */
  #join(format: LegFormat, session?: SessionHandle): AudioLegRejoin {
    const { rateHz } = format;
    const frameSamples = samplesOf(format);
    const rings = this.#options.rings.take(rateHz);
    this.#rings = rings;
    session?.attach({ rings, rateHz, frameSamples });
    // Without a session nobody listens; the next one's rings are joined again.
    return { rings, doorbell: session?.doorbell };
  }

  /** A hang-up that never reached us must not hold a place for long. */
  #notePause(): void {
    const { control, end, log } = this.#options;
    // A browser's network may stand still, and its connection says by itself when it is gone.
    if (this.#isBrowser) return;
    const gone = { by: "hangup", cause: "UNSPECIFIED" } as const;
    control.exists().then(
      (exists) => exists ? this.#expectAudio(LOOK_AGAIN_MS) : end(gone),
      (error) =>
        log.warn("FreeSWITCH does not say if the call is there", { error }),
    );
  }

  get #isBrowser(): boolean {
    return this.#options.control.channel.line === "browser";
  }

  /** FreeSWITCH never pauses: it has the channel and has ended the audio, as it does for another codec or frame length. */
  #expectAudio(withinMs: number): void {
    const before = this.counts?.uplinkFrames;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.counts?.uplinkFrames === before) this.#missAudio();
    }, withinMs);
  }

  /** Audio begins anew with the dialplan's next action, but not for who is on hold: they would go from round to round until there is none left. */
  #missAudio(): void {
    if (this.#options.isHeld() && !this.#isBrowser) return;
    const message = "No more audio comes from the other side";
    this.#options.end({ by: "media", message, elsewhere: true });
  }
}

/** Of one frame. */
function samplesOf({ rateHz, frameMs }: LegFormat): number {
  return rateHz * frameMs / 1000;
}
