import type { ModelError, SpeechModel } from "../shard/speech_model.ts";
import type { RealtimeClient } from "./realtime_client.ts";

/** A model over one conversation. Worker thread. */
export class LastingModel implements SpeechModel {
  readonly supplier: string;
  #client: RealtimeClient;

  constructor(client: RealtimeClient, supplier: string) {
    this.#client = client;
    this.supplier = supplier;
  }

  get inputRateHz(): number {
    return this.#client.inputRateHz;
  }

  get outputRateHz(): number {
    return this.#client.outputRateHz;
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#client.open(signal);
  }

  appendAudio(samples: Int16Array): void {
    this.#client.appendAudio(samples);
  }

  sendText(text: string): void {
    this.#client.sendText(text);
  }

  interrupt(heardMs: number): void {
    this.#client.interrupt(heardMs);
  }

  quiet(): void {}

  abandon(_failure: ModelError): void {
    this.#client.close();
  }

  close(): void {
    this.#client.close();
  }
}
