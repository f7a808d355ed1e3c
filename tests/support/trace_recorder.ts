import type {
  StartTrace,
  TraceEnd,
  TraceStart,
  TraceStep,
} from "../../src/telemetry/trace.ts";

/** Keeps what traces are told. */
export class TraceRecorder {
  readonly starts: Array<TraceStart & { readonly name: string }> = [];
  readonly steps: Array<TraceStep & { readonly name: string }> = [];
  readonly events: string[] = [];
  readonly ends: TraceEnd[] = [];

  readonly start: StartTrace = (name, start) => {
    this.starts.push({ name, ...start });
    return {
      step: (name, step) => this.steps.push({ name, ...step }),
      event: (name) => this.events.push(name),
      end: (end) => this.ends.push(end),
    };
  };

  /** Steps of a name as their outcome, with an exclamation mark when they failed. */
  outcomes(name: string): string[] {
    return this.steps.filter((step) => step.name === name).map((step) =>
      `${step.attributes?.["vapi.outcome"]}${step.failed ? "!" : ""}`
    );
  }
}
