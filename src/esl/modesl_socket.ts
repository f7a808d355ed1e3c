import type { ModeslSocketLike } from "./modesl.d.ts";

/**
 * Stands for modesl's TCP socket: gathers its many small writes into one for
 * each command and gives it one whole frame at a time. Main thread.
 */
export class ModeslSocket implements ModeslSocketLike {
  readonly #onCommand: (text: string) => void;
  readonly #listeners = new Map<string, ((argument?: unknown) => void)[]>();
  #text = "";

  /** `onCommand` is given each command with the empty line that ends it. */
  constructor(onCommand: (text: string) => void) {
    this.#onCommand = onCommand;
  }

  /** Called by modesl. */
  on(name: string, listener: (argument?: unknown) => void): this {
    const listeners = this.#listeners.get(name) ?? [];
    listeners.push(listener);
    this.#listeners.set(name, listeners);
    return this;
  }

  /** Called by modesl, for a command line by line. */
  write(text: string): boolean {
    this.#text += text;
    if (!this.#text.endsWith("\n\n")) return true;
    const command = this.#text;
    this.#text = "";
    this.#onCommand(command);
    return true;
  }

  /** Called by modesl; whoever owns the connection closes it. */
  end(): void {}

  /** Lets modesl parse one whole frame; it has called its callbacks when this returns. */
  deliver(frame: Uint8Array): void {
    this.#emit("data", frame);
  }

  /** Tells modesl that the connection is gone, so that it lets go of this object. */
  deliverEnd(): void {
    this.#emit("end");
  }

  #emit(name: string, argument?: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(argument);
  }
}
