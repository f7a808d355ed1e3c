import { createResampler } from "../../src/audio/create_resampler.ts";
import type { CreateResampler } from "../../src/audio/resampler.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { levelFrame, takeFrame } from "./ring_frames.ts";
import type {
  FromShard,
  Resumption,
  SessionFact,
} from "../../src/shard/protocol.ts";
import { Session } from "../../src/shard/session.ts";
import type { Log } from "../../src/telemetry/log.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { FakeTimers, settle } from "./fake_timers.ts";
import { FakeSpeechModel } from "./fake_speech_model.ts";

/** What a rig's session may have that others have not. */
export interface SessionRigOptions {
  readonly greeting?: string;
  readonly createResampler?: CreateResampler;
  readonly modelOpenTimeoutMs?: number;
  readonly fillerAfterMs?: number;
  readonly callerSilenceMs?: number;
  readonly held?: boolean;
  readonly resume?: Resumption;
  readonly log?: Log;
}

/** A session between a scripted model and a leg of 8 kHz that the test plays; time is fake. */
export class SessionRig implements Disposable {
  readonly timers = new FakeTimers();
  readonly model = new FakeSpeechModel();
  readonly told: FromShard[] = [];
  readonly session: Session;
  readonly rings = allocateRings();
  readonly #caller = new FrameProducer(ringsOf(this.rings).uplink, 160);
  readonly #leg = new FrameConsumer(ringsOf(this.rings).downlink, 160);

  constructor(options: SessionRigOptions = {}) {
    this.session = new Session({
      callId: "call",
      assistant: {
        id: "default",
        name: "name",
        suppliers: [{ supplier: "stepfun", model: "model", voice: "voice" }],
        instructions: "instructions",
        greeting: options.greeting,
        turnDetection: {
          prefixPaddingMs: 500,
          silenceDurationMs: 500,
          energyAwakenessThreshold: 2500,
        },
      },
      createModel: this.model.create,
      createResampler: options.createResampler ?? createResampler,
      uplinkBatchMs: 40,
      modelOpenTimeoutMs: options.modelOpenTimeoutMs ?? 60_000,
      fillerAfterMs: options.fillerAfterMs ?? 0,
      callerSilenceMs: options.callerSilenceMs ?? 0,
      resume: options.resume,
      held: options.held,
      tell: (message) => this.told.push(message),
      now: () => performance.now(),
      log: options.log ?? SILENT_LOG,
    });
  }

  /** A rig whose model is ready and whose leg is there. */
  static async talking(options: SessionRigOptions = {}): Promise<SessionRig> {
    const rig = new SessionRig(options);
    const opened = rig.session.open();
    rig.model.opening.resolve();
    await opened;
    await rig.attach();
    return rig;
  }

  async attach(): Promise<void> {
    const { rings } = this;
    await this.session.attach({ rings, rateHz: 8000, frameSamples: 160 });
  }

  get types(): string[] {
    return this.told.map(({ type }) => type);
  }

  /** What was told of the session, but for the begins and ends of turns. */
  get facts(): SessionFact[] {
    return this.told.flatMap((message) =>
      message.type === "fact" && !/^turn_/.test(message.fact.fact)
        ? [message.fact]
        : []
    );
  }

  /** The model says so many frames of a response. */
  respond(frames: number): void {
    this.model.says.responseStarted();
    this.model.says.audio(new Int16Array(frames * 160).fill(5));
  }

  /** The caller's side goes on for so many frames; returns how many of ours were heard. */
  async play(frames: number): Promise<number> {
    let heard = 0;
    for (let i = 0; i < frames; i++) {
      await this.timers.pass(20);
      this.#caller.put(levelFrame(160, i));
      if (this.take()) heard++;
      this.look();
    }
    return heard;
  }

  /** The caller's line goes on at one level for so long. */
  async line(ms: number, level: number): Promise<void> {
    // Each second sample has the other sign, in pairs, so that it passes the resampler.
    const frame = Int16Array.from(
      { length: 160 },
      (_, i) => i & 2 ? level : -level,
    );
    for (let passed = 0; passed < ms; passed += 100) {
      await this.timers.pass(100);
      for (let i = 0; i < 5; i++) {
        this.#caller.put(frame);
        this.take();
      }
      this.look();
    }
  }

  /** The shard looks at the session, and at what time it is. */
  look(): void {
    this.session.pump();
    this.session.watch(performance.now());
  }

  /** The leg takes a frame without the shard's knowing. */
  take(): boolean {
    const there = takeFrame(this.#leg) !== undefined;
    if (!there) this.#leg.miss();
    return there;
  }

  async press(keys: string): Promise<void> {
    for (const key of keys) this.session.pressKey(key);
    await settle();
  }

  [Symbol.dispose](): void {
    this.session.close();
    this.timers[Symbol.dispose]();
  }
}
