import { AudioDeltaReader } from "../src/model/audio_delta_reader.ts";
import { stepFunProfile } from "../src/model/stepfun_profile.ts";
import { WebSocketWriter } from "../src/model/web_socket_writer.ts";
import { ClientEvents } from "../src/model/client_event.ts";
import { decodeServerEvent } from "../src/model/decode_server_event.ts";

/** What a busy call costs: 16.7 appends of 60 ms and 7.4 deltas of 135 ms a second. */
const profile = stepFunProfile("step-audio-2");
const encode = new ClientEvents(profile);
const frame = Int16Array.from({ length: 960 }, (_, n) => 9000 * Math.sin(n));
const speech = Int16Array.from({ length: 3240 }, (_, n) => 9000 * Math.sin(n));
const bytes = new Uint8Array(speech.buffer);
const DELTA = JSON.stringify({
  event_id: "event_0123456789",
  type: "response.audio.delta",
  response_id: "resp_0123456789",
  item_id: "item_0123456789",
  output_index: 0,
  content_index: 0,
  delta: bytes.toBase64(),
});

const taken = Promise.resolve(0);
const target = {
  write: (bytes: Uint8Array) => taken.then(() => bytes.length),
};

function newWriter(): WebSocketWriter {
  return new WebSocketWriter(target, (error) => {
    throw error;
  });
}

const writer = newWriter();
Deno.bench(
  "append, base64 and mask straight into the frame",
  { group: "encode", baseline: true },
  async () => {
    writer.sendSpeech(frame, encode.appendAudio);
    await taken;
  },
);

const texts = newWriter();
Deno.bench(
  "append, toBase64, TextEncoder and mask",
  { group: "encode" },
  async () => {
    const audio = new Uint8Array(frame.buffer).toBase64();
    texts.sendText(`{"type":"input_audio_buffer.append","audio":"${audio}"}`);
    await taken;
  },
);

Deno.bench("append, JSON.stringify and toBase64, no frame", {
  group: "encode",
}, () => {
  const audio = new Uint8Array(frame.buffer).toBase64();
  flatten(JSON.stringify({ type: "input_audio_buffer.append", audio }));
});

const reader = new AudioDeltaReader(profile.serverEvents);
const message = new TextEncoder().encode(DELTA);
Deno.bench("delta, read from its bytes", {
  group: "decode",
  baseline: true,
}, () => {
  reader.read(message);
});

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
Deno.bench("delta, TextDecoder, JSON.parse and fromBase64", {
  group: "decode",
}, () => {
  decodeServerEvent(decoder.decode(message), profile.serverEvents);
});

// Faster or not, it takes a quote inside another field for the end of the audio.
Deno.bench(
  "delta, cut out by indexOf, and fromBase64",
  { group: "decode" },
  () => {
    if (!DELTA.includes('"type":"response.audio.delta"')) return;
    const start = DELTA.indexOf('"delta":"') + 9;
    const audio = DELTA.slice(start, DELTA.indexOf('"', start));
    new Int16Array(Uint8Array.fromBase64(audio).buffer);
  },
);

Deno.bench("delta, JSON.parse and atob", { group: "decode" }, () => {
  const binary = atob(JSON.parse(DELTA).delta);
  const decoded = new Uint8Array(binary.length);
  for (let n = 0; n < binary.length; n++) decoded[n] = binary.charCodeAt(n);
  new Int16Array(decoded.buffer);
});

/** Joins a string that was put together of pieces, which sending it would do. */
function flatten(text: string): number {
  return text.charCodeAt(text.length >> 1);
}
