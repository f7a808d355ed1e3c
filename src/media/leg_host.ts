import type {
  DatagramReceiver,
  DatagramSocket,
  Source,
} from "../net/datagram_socket.ts";
import type { Libc } from "../net/libc.ts";
import type { DescriptorNotes } from "../net/poll_set.ts";
import { SocketPoller } from "../net/socket_poller.ts";
import type { MailMark } from "../ring/mail_mark.ts";
import { WorkLoop } from "../ring/work_loop.ts";
import type { WorkMark } from "../ring/work_mark.ts";
import type { FromMedia, ToMedia } from "./protocol.ts";
import { SharedCounts } from "./shared_counts.ts";
import { UnicastLeg } from "./unicast_leg.ts";

/** How often the sockets are looked at, in milliseconds. */
const ROUND_MS = 4;
/** How often silent uplinks are looked for, in milliseconds. */
const TICK_MS = 20;
/** After so long without a round a leg of 20 ms may have more than one frame, in milliseconds. */
const LATE_MS = 15;
/** How often the counts are left where the main thread finds them, in milliseconds. */
const PUBLISH_MS = 500;
/** How long the runtime waits for its turn at most, in milliseconds. */
const TURN_MS = 1000;
/** The legs are told the time by their host. */
const HOSTED = { add() {}, remove() {} };

/** Parts of a {@linkcode LegHost}. */
export interface LegHostOptions {
  readonly libc: Libc;
  readonly mail: MailMark;
  readonly workMark: WorkMark;
  readonly notes: DescriptorNotes;
  readonly tell: (message: FromMedia) => void;
}

type StartMessage = Extract<ToMedia, { type: "start" }>;

/** A leg, and whose work it is to take its frames. */
interface HostedLegOptions {
  readonly id: number;
  readonly peerHost: string;
  readonly counts: SharedCounts;
  readonly workMark: WorkMark;
  readonly now: () => number;
  readonly openSocket: (receiver: DatagramReceiver) => DatagramSocket;
  readonly onFault: (error: unknown) => void;
}

class HostedLeg implements DatagramReceiver {
  readonly leg: UnicastLeg;
  readonly counts: SharedCounts;
  #id: number;
  #workMark: WorkMark;
  #onFault: (error: unknown) => void;

  constructor(options: HostedLegOptions) {
    const { peerHost, now, openSocket } = options;
    this.counts = options.counts;
    this.#id = options.id;
    this.#workMark = options.workMark;
    this.#onFault = options.onFault;
    this.leg = new UnicastLeg({
      host: "",
      peerHost,
      clock: HOSTED,
      now,
      openSocket: () => openSocket(this),
    });
  }

  receive(datagram: Uint8Array, from: Source): void {
    this.#workMark.begin(this.#id);
    try {
      this.leg.receive(datagram, from);
    } catch (error) {
      this.#onFault(error);
    }
    this.#workMark.end();
  }
}

/**
 * All legs of the media thread, and the rounds in which they are served. While
 * there are legs the thread sleeps and wakes by itself, and lets the runtime
 * have its turn only when the main thread has posted something: nothing that
 * the rest of the process does makes a frame wait.
 */
export class LegHost {
  #options: LegHostOptions;
  #poller: SocketPoller;
  #legs = new Map<number, HostedLeg>();
  #loop: WorkLoop;
  /** Of the round, which is short: all that comes in it has come at this time. */
  #nowMs = performance.now();
  #now = () => this.#nowMs;
  #tickMs = 0;
  #tickedMs = 0;
  #publishMs = 0;

  constructor(options: LegHostOptions) {
    this.#options = options;
    const { libc, notes, mail, workMark } = options;
    this.#poller = new SocketPoller(libc, {
      pollMs: "never",
      notes,
      halted: () => workMark.isDismissed,
    });
    this.#loop = new WorkLoop({
      mail,
      mark: workMark,
      roundMs: ROUND_MS,
      turnMs: TURN_MS,
      hasWork: () => this.#legs.size > 0,
      round: (nowMs) => this.#round(nowMs),
    });
  }

  /** Takes a message of the main thread. */
  receive(message: ToMedia): void {
    this.#loop.received();
    if (message.type === "start") this.#start(message);
    else if (message.type === "close") this.#close(message.leg);
    else {
      this.#serve(
        message.leg,
        () => this.#legs.get(message.leg)?.leg.rejoin(message),
      );
    }
    this.#loop.goOn();
  }

  #start(message: StartMessage): void {
    const { leg } = message;
    this.#serve(leg, () => {
      const hosted = this.#open(message);
      this.#legs.set(leg, hosted);
      const { tell } = this.#options;
      hosted.leg.start({
        ...message.audio,
        onFirst: () => tell({ type: "first", leg }),
        onSilent: () => tell({ type: "silent", leg }),
        onPaused: () => tell({ type: "paused", leg }),
      }, Infinity).catch(() => {});
    });
  }

  #open({ leg, socket, peerHost, counts }: StartMessage): HostedLeg {
    return new HostedLeg({
      id: leg,
      peerHost,
      counts: new SharedCounts(counts),
      workMark: this.#options.workMark,
      now: this.#now,
      openSocket: (receiver) => this.#poller.borrow(socket, receiver),
      onFault: (error) => this.#fail(leg, error),
    });
  }

  #close(leg: number): void {
    this.#end(leg);
    this.#options.tell({ type: "closed", leg });
  }

  #end(leg: number): void {
    const hosted = this.#legs.get(leg);
    if (hosted === undefined) return;
    this.#legs.delete(leg);
    hosted.leg.close();
    hosted.counts.write(hosted.leg.counts);
  }

  /** Does a leg's rare work, unless another thread has the legs now; a fault of ours costs the call in which it shows. A datagram does the same without a function of its own. */
  #serve(leg: number, work: () => void): void {
    const { workMark } = this.#options;
    if (workMark.isDismissed) return;
    // So that one that never comes back is known.
    workMark.begin(leg);
    try {
      work();
    } catch (error) {
      this.#fail(leg, error);
    }
    workMark.end();
  }

  #fail(leg: number, error: unknown): void {
    this.#end(leg);
    this.#options.tell({ type: "failed", leg, error: String(error) });
  }

  #round(nowMs: number): boolean {
    // A leg has one frame in five rounds, with the shortest ones in two: only what waited for a thread that stood still is more.
    const isLate = nowMs - this.#nowMs >= LATE_MS;
    this.#nowMs = nowMs;
    this.#poller.look(isLate);
    if (nowMs >= this.#tickMs) this.#tick(nowMs);
    if (nowMs >= this.#publishMs) this.#publish(nowMs);
    // Nothing here waits for a promise.
    return false;
  }

  #tick(nowMs: number): void {
    this.#tickMs = nowMs + TICK_MS;
    const sinceMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    for (const [id, { leg }] of this.#legs) {
      if (leg.restsUntilMs <= nowMs) {
        this.#serve(id, () => leg.tick(nowMs, sinceMs));
      }
    }
  }

  #publish(nowMs: number): void {
    this.#publishMs = nowMs + PUBLISH_MS;
    for (const { leg, counts } of this.#legs.values()) {
      counts.write(leg.counts);
    }
  }
}
