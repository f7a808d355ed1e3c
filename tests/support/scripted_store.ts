import type {
  CallEvent,
  CallRecord,
  Ownership,
  Store,
} from "../../src/store/call_store.ts";

/** A store that keeps what it is told, and gives what a test has it give. */
export class ScriptedStore
  implements Pick<Store, "calls" | "events" | "costs"> {
  readonly appended: CallEvent[] = [];
  readonly saved = new Map<string, CallRecord>();
  readonly finished: string[] = [];
  readonly parted: Array<{ callId: string; ended: CallEvent }> = [];
  /** What an owner before has left. */
  readonly earlier = new Map<string, CallRecord>();
  /** Delays the answer to `take`. */
  taking: Promise<void> = Promise.resolve();

  readonly calls: Store["calls"] = {
    take: async (callId): Promise<Ownership> => {
      await this.taking;
      return { epoch: 1, earlier: this.earlier.get(callId) };
    },
    save: (record) => void this.saved.set(record.callId, record),
    part: (callId, { ended }) => {
      this.parted.push({ callId, ended });
      return Promise.resolve();
    },
    finish: (callId) => void this.finished.push(callId),
  };
  readonly events: Store["events"] = {
    append: (event) => void this.appended.push(event),
  };
  readonly costs = {
    spentTodayCny: 0,
    add: (cny: number) => void (this.costs.spentTodayCny += cny),
  };

  /** Types of the events of a call, in order. */
  typesOf(callId: string): string[] {
    return this.appended.filter((event) => event.callId === callId)
      .map(({ type }) => type);
  }
}
