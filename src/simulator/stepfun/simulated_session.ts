import type { SessionSettings } from "./session_settings.ts";

/** What a session did so far. */
export interface SessionCounts {
  appends: number;
  appendedSamples: number;
  /** Turns of the caller that ended, spoken and written. */
  turns: number;
  responses: number;
  completed: number;
  cancelled: number;
  deltas: number;
  deltaSamples: number;
  errors: number;
}

/** A part of a conversation, whoever put it there. */
export interface SessionItem {
  readonly role: "user" | "assistant";
  readonly text: string;
  /** `client`: it was given as an item; `speech`: it was said in this session. */
  readonly by: "client" | "speech";
  /** Whether the model was cut short. */
  readonly cut?: true;
}

/** A session as a test or a live line sees it; it can be read after its end too. */
export interface SimulatedSession {
  /** Number of its connection, from 0; a refused connection has a number too. */
  readonly index: number;
  readonly model: string;
  readonly ended: boolean;
  readonly settings: SessionSettings;
  readonly counts: Readonly<SessionCounts>;
  /** The conversation as the session remembers it, oldest first; the last five hundred. */
  readonly items: readonly SessionItem[];
  /** What was written as the user or answered by a function, the last hundred. */
  readonly texts: readonly string[];
  /** `audio_end_ms` of each truncation, the last hundred. */
  readonly truncatedAtMs: readonly number[];
  /** Sends a text as it is, whatever it says. */
  sendRaw(text: string): void;
  /** Closes with a code; 1006 sends no close frame. */
  end(code: number): void;
  /** Drops the connection at once, and what waits in it. */
  cut(): void;
  /** Reads and writes nothing until it is told to go on. */
  stall(on: boolean): void;
  /** Says nothing more from the middle of its next response on, and answers pings. */
  mute(on: boolean): void;
  /** Closes when it is so old, at once when it is older. */
  limit(ms: number): void;
}

/** Counts of a session that begins. Any thread. */
export function zeroCounts(): SessionCounts {
  return {
    appends: 0,
    appendedSamples: 0,
    turns: 0,
    responses: 0,
    completed: 0,
    cancelled: 0,
    deltas: 0,
    deltaSamples: 0,
    errors: 0,
  };
}
