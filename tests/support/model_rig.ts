import assert from "node:assert/strict";
import type { ModelDeadlines } from "../../src/model/model_deadlines.ts";
import type { ConnectSocket } from "../../src/model/model_socket.ts";
import { connectWebSocket } from "../../src/model/web_socket.ts";
import {
  createRealtimeModels,
  type RealtimeModelSettings,
} from "../../src/model/realtime_models.ts";
import type { SupplierAccess } from "../../src/model/supplier_profiles.ts";
import type {
  Assistant,
  SpeechModel,
  SpeechModelEvents,
  Utterance,
} from "../../src/shard/speech_model.ts";
import {
  greet,
  Inbox,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedPeer,
  startScriptedModel,
} from "./scripted_model.ts";

/** A call of {@linkcode SpeechModelEvents}: its name and its arguments. */
export type Heard = [name: keyof SpeechModelEvents, ...values: unknown[]];

/** Who answers in the tests. */
export const ASSISTANT: Assistant = {
  id: "front-desk",
  name: "Front desk",
  suppliers: [{
    supplier: "stepfun",
    model: "step-audio-2",
    voice: "wenrounansheng",
  }],
  instructions: 'You are "polite".\nAnswer briefly. 请说中文。',
  turnDetection: {
    prefixPaddingMs: 500,
    silenceDurationMs: 400,
    energyAwakenessThreshold: 2500,
  },
};

/** A model, what it told, and its sockets. */
export interface LooseModel extends AsyncDisposable {
  readonly model: SpeechModel;
  readonly heard: Inbox<Heard>;
}

/** A model that is open, and its peer. */
export interface ModelRig extends LooseModel {
  readonly server: ScriptedModel;
  readonly peer: ScriptedPeer;
  /** Fails unless exactly these are heard next. */
  hears(...expected: Heard[]): Promise<void>;
  /** Fails unless nothing was heard by the time that the peer's last event has arrived. */
  hearsNothing(): Promise<void>;
  /** Fails unless exactly events of these types are sent next; gives the last one. */
  sends(...types: string[]): Promise<Readonly<Record<string, unknown>>>;
}

/** Settings that a test may choose. */
export interface RigSettings
  extends Partial<RealtimeModelSettings & SupplierAccess> {
  readonly assistant?: Partial<Assistant>;
  readonly model?: string;
  readonly deadlines?: Partial<ModelDeadlines>;
  readonly history?: () => readonly Utterance[];
}

/**
 * Makes a model that is not open, of StepFun at an address or of suppliers at
 * theirs; disposing waits until its sockets are gone.
 */
export function makeModel(
  urls: string | Readonly<Record<string, string>>,
  settings: RigSettings = {},
): LooseModel {
  const addresses = typeof urls === "string" ? { stepfun: urls } : urls;
  const heard = new Inbox<Heard>();
  const gone: Promise<void>[] = [];
  const dial = settings.connect ?? connectWebSocket;
  const connect: ConnectSocket = (address, events) => {
    const end = Promise.withResolvers<void>();
    const socket = dial(address, {
      ...events,
      gone(reason) {
        events.gone(reason);
        end.resolve();
      },
    });
    gone.push(end.promise);
    return socket;
  };
  const { assistant, model: name, ...rest } = settings;
  const create = createRealtimeModels({
    suppliers: Object.fromEntries(
      Object.entries(addresses).map(([supplier, url]) => [
        supplier,
        { apiKey: "key", url, ...rest },
      ]),
    ),
    attempts: 1,
    ...rest,
    connect,
  });
  const model = create({
    assistant: { ...withModel(name, Object.keys(addresses)), ...assistant },
    events: recorder(heard),
    history: settings.history ?? (() => []),
    // Who has a history is on the line.
    inMidCall: settings.history !== undefined,
  });
  return {
    model,
    heard,
    async [Symbol.asyncDispose]() {
      model.close();
      await Promise.all(gone);
    },
  };
}

/** Opens a model against a scripted one. */
export async function openRig(
  settings: RigSettings = {},
  conduct: ScriptedModelOptions = {},
): Promise<ModelRig> {
  const server = startScriptedModel(conduct);
  const loose = makeModel(server.url, settings);
  const opened = loose.model.open(new AbortController().signal);
  const peer = await server.accept();
  assert.equal((await greet(peer)).type, "session.update");
  await opened;
  const hears = async (...expected: Heard[]) => {
    for (const event of expected) {
      assert.deepEqual(await loose.heard.next(), event);
    }
  };
  return {
    ...loose,
    server,
    peer,
    hears,
    async hearsNothing() {
      peer.send({ type: "input_audio_buffer.speech_started" });
      await hears(["speechStarted"]);
    },
    async sends(...types) {
      let event = {};
      for (const type of types) {
        event = await peer.next();
        assert.equal((event as { type: string }).type, type);
      }
      return event;
    },
    async [Symbol.asyncDispose]() {
      await loose[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The base64 of samples. */
export function pcm(...samples: number[]): string {
  return new Uint8Array(Int16Array.from(samples).buffer).toBase64();
}

function withModel(
  model = "step-audio-2",
  names: readonly string[],
): Assistant {
  const [choice] = ASSISTANT.suppliers;
  const suppliers = names.map((supplier) => ({ ...choice, supplier, model }));
  return { ...ASSISTANT, suppliers };
}

function recorder(heard: Inbox<Heard>): SpeechModelEvents {
  const note = (name: keyof SpeechModelEvents) => (...values: unknown[]) => {
    while (values.length > 0 && values.at(-1) === undefined) values.pop();
    heard.push([name, ...values]);
  };
  return {
    speechStarted: note("speechStarted"),
    speechStopped: note("speechStopped"),
    responseStarted: note("responseStarted"),
    audio: (samples) => heard.push(["audio", [...samples]]),
    audioEnded: note("audioEnded"),
    responseEnded: note("responseEnded"),
    callerSaid: note("callerSaid"),
    assistantSaid: note("assistantSaid"),
    functionCalled: ({ id, name, arguments: words }) =>
      heard.push(["functionCalled", id, name, words]),
    complaint: note("complaint"),
    lost: (failure) => heard.push(["lost", failure.kind]),
    regained: ({ supplier, attempts }) =>
      heard.push(["regained", supplier, attempts]),
    renewed: note("renewed"),
    closed: (failure) =>
      heard.push(failure ? ["closed", failure.kind] : ["closed"]),
  };
}
