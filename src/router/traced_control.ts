import type { OpenAudioLeg } from "./audio_leg.ts";
import type {
  CallControl,
  CallControlEvents,
  Channel,
  LegFormat,
  SaidLine,
} from "./call_control.ts";

/** Does some work and notes how long it took and whether it went well; the result is the work's. */
export type TimeWork = <T>(
  name: string,
  work: () => Promise<T>,
) => Promise<T>;

/** A channel whose commands are timed. Main thread. */
export class TracedControl implements CallControl {
  #control: CallControl;
  #time: TimeWork;

  constructor(control: CallControl, time: TimeWork) {
    this.#control = control;
    this.#time = time;
  }

  get channel(): Channel {
    return this.#control.channel;
  }

  get openLeg(): OpenAudioLeg | undefined {
    return this.#control.openLeg;
  }

  listen(events: CallControlEvents): void {
    this.#control.listen(events);
  }

  takeOver(): Promise<void> {
    return this.#time("take over", () => this.#control.takeOver());
  }

  answer(): Promise<LegFormat> {
    return this.#time("answer", () => this.#control.answer());
  }

  startUnicast(host: string, port: number): Promise<void> {
    return this.#time("unicast", () => this.#control.startUnicast(host, port));
  }

  async audioCame(): Promise<void> {
    await this.#control.audioCame?.();
  }

  exists(): Promise<boolean> {
    return this.#time("look for channel", () => this.#control.exists());
  }

  setVariable(name: string, value: string): Promise<void> {
    const set = () => this.#control.setVariable(name, value);
    return this.#time("set variable", set);
  }

  show(line: SaidLine): void {
    this.#control.show?.(line);
  }

  get transfer(): CallControl["transfer"] {
    if (this.#control.transfer === undefined) return undefined;
    return (to) => this.#time("transfer", () => this.#control.transfer!(to));
  }

  hangUp(cause: string): Promise<void> {
    return this.#time("hang up", () => this.#control.hangUp(cause));
  }

  leave(): void {
    this.#control.leave();
  }
}
