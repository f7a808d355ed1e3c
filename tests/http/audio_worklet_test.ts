import assert from "node:assert/strict";

/** What the browser's audio thread asks of it. */
interface CallAudio {
  readonly port: {
    onmessage: (event: { data: ArrayBuffer }) => void;
    readonly posted: ArrayBuffer[];
  };
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

const RATE_HZ = 16000;
const FRAME_SAMPLES = 320;
/** The browser comes with so many samples at a time. */
const BLOCK = 128;

let make: (new () => CallAudio) | undefined;
Object.assign(globalThis, {
  sampleRate: RATE_HZ,
  AudioWorkletProcessor: class {
    port = {
      posted: [] as ArrayBuffer[],
      postMessage(data: ArrayBuffer) {
        this.posted.push(data);
      },
    };
  },
  registerProcessor: (_name: string, processor: new () => CallAudio) => {
    make = processor;
  },
});
await import("../../src/http/console/audio_worklet.js");

/** A frame of one value comes from the server. */
function hear(audio: CallAudio, value: number): void {
  const frame = new Int16Array(FRAME_SAMPLES).fill(value);
  audio.port.onmessage({ data: frame.buffer });
}

/** What is played in so many milliseconds, in 16-bit samples. */
function play(audio: CallAudio, ms: number): number[] {
  const played: number[] = [];
  while (played.length < ms * RATE_HZ / 1000) {
    const output = new Float32Array(BLOCK);
    assert.ok(audio.process([[]], [[output]]));
    played.push(...output.map((sample) => sample * 32768));
  }
  return played;
}

function count(played: readonly number[], value: number): number {
  return played.filter((sample) => sample === value).length;
}

Deno.test("what the microphone gives leaves as frames of 20 ms, clipped", () => {
  const audio = new make!();
  const input = new Float32Array(BLOCK);
  for (let block = 0; block < 5; block++) {
    audio.process([[input.fill([0.5, -1, 2, -2, 0][block])]], [[]]);
  }
  const frames = audio.port.posted.map((each) => new Int16Array(each));
  assert.deepEqual(frames.map(({ length }) => length), [320, 320]);
  const samples = frames.flatMap((each) => [...each]);
  const at = (block: number) => samples[block * BLOCK];
  assert.deepEqual([0, 1, 2, 3, 4].map(at), [16384, -32767, 32767, -32767, 0]);
});

Deno.test("speech is played whole and in its order once some is in stock", () => {
  const audio = new make!();
  hear(audio, 1);
  hear(audio, 2);
  assert.equal(count(play(audio, 20), 0), 3 * BLOCK, "it waits");
  hear(audio, 3);
  const played = play(audio, 80);
  for (const value of [1, 2, 3]) {
    assert.equal(count(played, value), FRAME_SAMPLES);
  }
  assert.ok(played.indexOf(1) < played.indexOf(2));
});

Deno.test("the end of a sentence is not the next one's, nor is a short sound lost", () => {
  const audio = new make!();
  hear(audio, 7);
  const played = play(audio, 120);
  assert.equal(count(played, 7), FRAME_SAMPLES);
  assert.ok(played.indexOf(7) >= 0.05 * RATE_HZ);
});

Deno.test("what would be late is left out, the oldest first", () => {
  const audio = new make!();
  for (let value = 1; value <= 30; value++) hear(audio, value);
  const played = play(audio, 600);
  assert.equal(count(played, 10), 0);
  assert.equal(count(played, 11), FRAME_SAMPLES);
  assert.equal(count(played, 30), FRAME_SAMPLES);
});

Deno.test("a page without a microphone or a loudspeaker goes on", () => {
  const audio = new make!();
  assert.ok(audio.process([[]], [[]]));
});
