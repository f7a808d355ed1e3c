import { resumePrompt } from "./prompts.ts";
import type { Resumption } from "./protocol.ts";

/** How a conversation stood when it was lost. */
export interface LostConversation {
  /** Whether the caller had said something that was not answered yet, or was about to. */
  readonly awaitsAnswer: boolean;
  /** Whether the model's last answer had ended before its time. */
  readonly isBroken: boolean;
}

/** What the caller is owed by a model that is not there, and how the next one is asked for it. Shard's thread. */
export class Debt {
  #what: Resumption["owed"];
  #isGreetingOwed = false;
  /** Whether the model has called a function and not begun to answer since. */
  #isLookingUp = false;
  /** Whether the conversation that there is was given what was said before it. */
  #isTold = false;
  /** What came after that, and before it took anything. */
  #untold: string[] = [];

  constructor(what: Resumption["owed"]) {
    this.#what = what;
  }

  /** Whether a greeting was asked for that nobody has heard the beginning of. */
  get isGreetingOwed(): boolean {
    return this.#isGreetingOwed;
  }

  /** Whether the greeting is all that the caller waits for. */
  get isGreeting(): boolean {
    return this.#isGreetingOwed && this.#what !== "answer";
  }

  /** A greeting is asked for. */
  owesGreeting(): void {
    this.#isGreetingOwed = true;
  }

  /** The assistant is heard, or the caller spoke first, and waits for an answer instead. */
  greeted(): void {
    this.#isGreetingOwed = false;
  }

  /** The model has called a function: what it returns is to be told. */
  lookUp(): void {
    this.#isLookingUp = true;
  }

  /** The model begins to answer. */
  answer(): void {
    this.#isLookingUp = false;
  }

  /** A conversation was opened, and given what was said so far. */
  tell(): void {
    this.#isTold = true;
  }

  /** The caller says something while nobody takes it. */
  say(text: string): void {
    this.#what = "answer";
    // A conversation that is opened later is given it with the rest.
    if (this.#isTold) this.#untold.push(text);
  }

  /** The conversation is lost; `lost` is undefined when it had not begun, and owes what the one before it did. */
  lose(lost?: LostConversation): void {
    this.#isTold = false;
    this.#untold = [];
    if (lost === undefined) return;
    // What was said to a conversation that is gone has to be said again.
    const awaitsAnswer = lost.awaitsAnswer || this.#isLookingUp;
    if (awaitsAnswer) this.#what = "answer";
    else this.#what = lost.isBroken ? "rest" : "nothing";
  }

  /** What is to be said to the conversation that there is now, in its order; nothing is owed after it. */
  pay(): readonly string[] {
    const what = this.#what;
    const untold = this.#untold;
    this.#what = "nothing";
    this.#untold = [];
    if (what === "nothing" || untold.length > 0) return untold;
    return [resumePrompt(what)];
  }
}
