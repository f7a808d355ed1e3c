import { stepFunProfile } from "../src/model/stepfun_profile.ts";
import { ClientEvents } from "../src/model/client_event.ts";
import { decodeServerEvent } from "../src/model/decode_server_event.ts";

/** What a busy call costs: 50 appends of 20 ms and 7.4 deltas of 135 ms a second. */
const profile = stepFunProfile("step-audio-2");
const encode = new ClientEvents(profile);
const frame = Int16Array.from({ length: 320 }, (_, n) => 9000 * Math.sin(n));
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

Deno.bench(
  "append, prefix and toBase64",
  { group: "encode", baseline: true },
  () => {
    flatten(encode.appendAudio(frame));
  },
);

Deno.bench("append, JSON.stringify and toBase64", { group: "encode" }, () => {
  const audio = new Uint8Array(frame.buffer).toBase64();
  flatten(JSON.stringify({ type: "input_audio_buffer.append", audio }));
});

Deno.bench("append, JSON.stringify and btoa", { group: "encode" }, () => {
  const audio = btoa(String.fromCharCode(...new Uint8Array(frame.buffer)));
  flatten(JSON.stringify({ type: "input_audio_buffer.append", audio }));
});

Deno.bench("delta, JSON.parse and fromBase64", {
  group: "decode",
  baseline: true,
}, () => {
  decodeServerEvent(DELTA, profile.serverEvents);
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
