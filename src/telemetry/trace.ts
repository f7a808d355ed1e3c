/** What is known of a span. Never personal data; what is undefined is left out. */
export type TraceAttributes = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/** A part of a trace that is over. Times are those of `performance.now()`, in milliseconds. */
export interface TraceStep {
  readonly fromMs: number;
  /** Now, unless it is set. */
  readonly toMs?: number;
  readonly attributes?: TraceAttributes;
  readonly failed?: boolean;
}

/** How a trace ends. */
export interface TraceEnd {
  readonly attributes?: TraceAttributes;
  readonly failed?: boolean;
}

/** One node's share of a call's trace: a span and the steps below it. Main thread; nothing throws. */
export interface Trace {
  /** Adds a span below the trace's own. */
  step(name: string, step: TraceStep): void;
  /** Notes something that takes no time. */
  event(name: string, attributes?: TraceAttributes): void;
  /** Ends the trace; nothing is added afterwards. */
  end(end: TraceEnd): void;
}

/** How a trace begins. */
export interface TraceStart {
  /** Spans of the same call belong to one trace, on whichever node they are. */
  readonly callId: string;
  /** Of `performance.now()`, in milliseconds. */
  readonly fromMs: number;
  readonly attributes?: TraceAttributes;
}

/** Begins a trace whose own span has a name. Main thread. */
export type StartTrace = (name: string, start: TraceStart) => Trace;
