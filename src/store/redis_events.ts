import type { CallEvent, EventLog } from "./call_store.ts";
import type { RedisConnection } from "./redis_connection.ts";
import { FINISH, FINISH_AND_TELL } from "./redis_scripts.ts";
import type { AddWrite } from "./redis_write.ts";

const STREAM = "vapi:events";
/** The calls that somebody has, by when their leases end. */
export const LIVE = "vapi:live";

/** Parts of {@linkcode RedisEvents}. */
export interface RedisEventsOptions {
  readonly redis: RedisConnection;
  readonly add: AddWrite;
  readonly node: string;
  /** Length of the stream, about. */
  readonly eventsKept: number;
}

/** The stream of events, and the end of a call, which is told with it. Main thread. */
export class RedisEvents implements EventLog {
  readonly #options: RedisEventsOptions;

  constructor(options: RedisEventsOptions) {
    this.#options = options;
  }

  append(event: CallEvent): void {
    this.#options.add({
      holds: "event",
      bounded: true,
      droppable: event.type !== "ended",
      write: () => this.#tell(event),
    });
  }

  /** Ends a call of this owner and epoch, with the event that says so: in one step where Redis can. */
  async end(
    callId: string,
    { owner, epoch, ended }: {
      readonly owner: string;
      readonly epoch: number | string;
      readonly ended?: CallEvent;
    },
  ): Promise<void> {
    const { redis, eventsKept, node } = this.#options;
    const key = sessionKey(callId);
    if (ended !== undefined && !redis.isCluster) {
      await redis.eval(FINISH_AND_TELL, [key, STREAM, LIVE], [
        owner,
        epoch,
        eventsKept,
        callId,
        ...eventFields(ended, node),
      ]);
      return;
    }
    // Keys of a cluster may be on different servers: said first, so that it is said at least once.
    if (ended !== undefined) await this.#tell(ended);
    await redis.eval(FINISH, [key], [owner, epoch]);
    await redis.client.zrem(LIVE, callId);
  }

  #tell(event: CallEvent): Promise<unknown> {
    const { redis: { client }, eventsKept, node } = this.#options;
    const fields = eventFields(event, node);
    return client.xadd(STREAM, "MAXLEN", "~", eventsKept, "*", ...fields);
  }
}

/** Where a call's record is. */
export function sessionKey(callId: string): string {
  return `session:${callId}`;
}

function eventFields(event: CallEvent, node: string): string[] {
  const { type, callId, atMs, epoch, seq, data } = event;
  return Object.entries({
    type,
    callId,
    at: String(atMs),
    node,
    epoch: String(epoch),
    seq: String(seq),
    data: JSON.stringify(data),
  }).flat();
}
