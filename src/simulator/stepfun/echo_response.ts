import { encodeSamples } from "./answer.ts";
import { RateConverter } from "./rate_converter.ts";
import { ResponseEvents } from "./response_events.ts";
import {
  type ResponseHost,
  type RunningResponse,
  usageOf,
} from "./running_response.ts";
import { SampleBuffer } from "./sample_buffer.ts";

/** Zero crossings of the converter where frames are counted, not compared. */
const CHEAP = 2;
const NOTHING = new Int16Array(0);

/** A response without an end that gives each sample back at once. Any thread. */
export class EchoResponse implements RunningResponse {
  readonly wantsAudio = true;
  readonly #host: ResponseHost;
  readonly #events: ResponseEvents;
  readonly #converter: RateConverter | undefined;
  readonly #gathered = new SampleBuffer();
  readonly #leastSamples: number;
  #state: "speaking" | "cancelling" | "ended" = "speaking";
  #samples = 0;

  constructor(host: ResponseHost) {
    const { inputRateHz, outputRateHz } = host.settings;
    this.#host = host;
    this.#leastSamples = host.settings.echoDeltaMs * outputRateHz / 1000;
    this.#events = new ResponseEvents(host);
    if (inputRateHz !== outputRateHz) {
      this.#converter = new RateConverter({
        inputRateHz,
        outputRateHz,
        crossings: CHEAP,
      });
    }
  }

  start(): void {
    this.#events.created();
    this.#events.openMessage();
    this.#events.transcript("echo");
  }

  push(samples: Int16Array): void {
    if (this.#state === "ended") return;
    const said = this.#gather(this.#converter?.convert(samples) ?? samples);
    if (said.length === 0) return;
    this.#events.audio(encodeSamples(said));
    this.#samples += said.length;
    this.#host.counts.deltas++;
    this.#host.counts.deltaSamples += said.length;
  }

  /** What is long enough to be sent; nothing while it is not. */
  #gather(samples: Int16Array): Int16Array {
    if (this.#leastSamples === 0) return samples;
    this.#gathered.append(samples);
    const enough = this.#gathered.length >= this.#leastSamples;
    return enough ? this.#gathered.take() : NOTHING;
  }

  cancel(): void {
    if (this.#state !== "speaking") return;
    this.#state = "cancelling";
    const { timers, settings } = this.#host;
    timers.after(settings.cancelDelayMs, () => this.#end());
  }

  #end(): void {
    this.#state = "ended";
    this.#host.counts.cancelled++;
    this.#events.closeMessage("incomplete", "echo");
    const item = this.#events.finalItem("incomplete", "echo");
    const usage = usageOf(this.#host, this.#samples);
    this.#events.done("incomplete", [item], usage);
    this.#host.ended();
  }
}
