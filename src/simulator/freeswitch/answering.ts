import { RemoteError } from "../../errors.ts";
import { setVariable } from "./channel.ts";
import {
  type LineIdentity,
  setAcknowledgedVariables,
  setMediaVariables,
} from "./channel_variables.ts";
import type { LiveCall } from "./machine.ts";

/** Takes a channel from ringing to audio. One thread. */
export class Answering {
  /** Resolves with the clock's milliseconds; rejects with RemoteError when the call ended before. */
  readonly answered: Promise<number>;
  readonly #call: LiveCall;
  readonly #line: LineIdentity;
  readonly #answer = Promise.withResolvers<number>();
  #answeredMs: number | undefined;

  constructor(call: LiveCall, line: LineIdentity) {
    this.#call = call;
    this.#line = line;
    this.answered = this.#answer.promise;
  }

  get answeredMs(): number | undefined {
    return this.#answeredMs;
  }

  async answer() {
    const call = this.#call;
    if (call.channel.answerState === "answered") return;
    await call.sleep(call.fault.answerDelayMs);
    if (!call.isUp) return;
    this.complete();
    this.acknowledge();
    call.fire("CHANNEL_ANSWER");
  }

  async preAnswer() {
    const call = this.#call;
    const { channel } = call;
    if (channel.hasMedia) return;
    await call.sleep(call.fault.answerDelayMs);
    if (!call.isUp) return;
    this.#startMedia("EARLY MEDIA");
    channel.answerState = "early";
    channel.times.progressMediaUs = this.#nowUs();
    call.fire("CHANNEL_PROGRESS_MEDIA");
  }

  /** The channel is answered now. */
  complete() {
    const { channel, machine } = this.#call;
    this.#startMedia("ANSWER");
    channel.answerState = "answered";
    channel.times.answeredUs = this.#nowUs();
    this.#answeredMs = machine.clock.nowMs();
    this.#answer.resolve(this.#answeredMs);
  }

  /** The caller's ACK reaches an answered channel some time after the connect reply. */
  acknowledge() {
    const { channel } = this.#call;
    if (channel.answerState !== "answered") return;
    if (channel.variables.has("sip_to_tag")) return;
    setAcknowledgedVariables(channel, this.#line);
  }

  /** The call ended. */
  giveUp(cause: string) {
    this.#answer.reject(new RemoteError(`Cannot answer: call ended, ${cause}`));
  }

  #startMedia(disposition: string) {
    const { channel } = this.#call;
    if (channel.hasMedia) {
      return setVariable(channel, "endpoint_disposition", disposition);
    }
    channel.hasMedia = true;
    setMediaVariables(channel, { line: this.#line, disposition });
  }

  #nowUs(): number {
    return Math.floor(this.#call.machine.wallMs() * 1000);
  }
}
