import type { ModelProfile } from "../../src/model/profile.ts";
import { RealtimeClient } from "../../src/model/realtime_client.ts";
import type { ProfileOverrides } from "../../src/model/settle_profile.ts";
import type { ConnectSocket } from "../../src/model/model_socket.ts";
import { connectWebSocket } from "../../src/model/web_socket.ts";
import type {
  ConversationEvents,
  ModelComplaint,
} from "../../src/shard/speech_model.ts";
import {
  type DialectName,
  DIALECTS,
} from "../../src/simulator/stepfun/dialect.ts";
import {
  startStepFun,
  type StepFun,
} from "../../src/simulator/stepfun/start_stepfun.ts";
import { RemoteError } from "../../src/errors.ts";
import { Inbox } from "./scripted_model.ts";

type EventName = keyof ConversationEvents;

/** A conversation with a simulated supplier, and what it told. */
export interface DialectRig extends AsyncDisposable {
  readonly client: RealtimeClient;
  readonly service: StepFun;
  /** What went wrong that nobody expected. */
  readonly complaints: ModelComplaint[];
  /** The arguments of the next event of this name; others are passed over. */
  until(name: EventName): Promise<unknown[]>;
  /** What the assistant has said, each answer whole. */
  said(): string[];
  /** How much audio has come. */
  heardMs(): number;
  /** The service's error about a cancel when nothing runs. */
  lateCancel(): Record<string, unknown>;
}

/** Who is asked, and as whom. */
export interface DialectRigOptions {
  readonly dialect: DialectName;
  readonly make: (model: string, overrides: ProfileOverrides) => ModelProfile;
  readonly model: string;
  readonly voice?: string;
  /** Whose session is sent instead of its own. */
  readonly sessionOf?: ModelProfile;
}

/** Opens a conversation over real sockets; rejects as the client does, with nothing left open. */
export async function openDialect(
  options: DialectRigOptions,
): Promise<DialectRig> {
  const { dialect, make, model } = options;
  const service = startStepFun({ mode: "parrot", dialect, recall: true });
  const heard = new Inbox<[EventName, ...unknown[]]>();
  const notes = { complaints: [] as ModelComplaint[], said: [] as string[] };
  const own = make(model, { url: service.url });
  const profile = {
    ...own,
    session: options.sessionOf?.session ?? own.session,
  };
  let samples = 0;
  const sockets = watchSockets();
  const client = new RealtimeClient({
    profile,
    apiKey: "key",
    persona: {
      instructions: "Be brief.",
      voice: options.voice ?? DIALECTS[dialect].voicesOf(model)[0],
      turnDetection: {
        prefixPaddingMs: 300,
        silenceDurationMs: 400,
        energyAwakenessThreshold: 2500,
      },
    },
    events: {
      ...recorder(heard),
      audio: (given) => {
        samples += given.length;
        heard.push(["audio"]);
      },
      assistantSaid: (text) => notes.said.push(text),
      complaint: (complaint) => {
        notes.complaints.push(complaint);
        heard.push(["complaint", complaint]);
      },
    },
    deadlines: { openMs: 8000, responseMs: 8000, settleMs: 2000, goneMs: 500 },
    connect: sockets.connect,
    nowMs: () => performance.now(),
  });
  const dispose = async () => {
    client.close();
    await sockets.gone();
    await service.close();
  };
  try {
    await client.open(new AbortController().signal);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    client,
    service,
    complaints: notes.complaints,
    async until(name) {
      for (;;) {
        const [found, ...values] = await heard.next();
        if (found === name) return values;
      }
    },
    said: () => notes.said,
    heardMs: () => samples / profile.outputRateHz * 1000,
    lateCancel: () => ({
      type: "error",
      error: DIALECTS[dialect].describeError(
        new RemoteError("no ongoing response to cancel"),
      ),
    }),
    [Symbol.asyncDispose]: dispose,
  };
}

function watchSockets() {
  const ends: Promise<void>[] = [];
  const connect: ConnectSocket = (address, events) => {
    const end = Promise.withResolvers<void>();
    ends.push(end.promise);
    return connectWebSocket(address, {
      ...events,
      gone(reason) {
        events.gone(reason);
        end.resolve();
      },
    });
  };
  return { connect, gone: () => Promise.all(ends) };
}

function recorder(
  heard: Inbox<[EventName, ...unknown[]]>,
): ConversationEvents {
  const note = (name: EventName) => (...values: unknown[]) =>
    heard.push([name, ...values]);
  return {
    speechStarted: note("speechStarted"),
    speechStopped: note("speechStopped"),
    responseStarted: note("responseStarted"),
    audio: note("audio"),
    audioEnded: note("audioEnded"),
    responseEnded: note("responseEnded"),
    callerSaid: note("callerSaid"),
    assistantSaid: note("assistantSaid"),
    functionCalled: note("functionCalled"),
    complaint: note("complaint"),
    closed: note("closed"),
  };
}
