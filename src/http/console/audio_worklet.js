// Runs in the browser's audio thread: what the microphone gives leaves as frames
// of 20 ms, L16; what comes from the server is played.

const FRAME_MS = 20;
/** Played only when so much is there, so that the network may be a little uneven. */
const PREFILL_MS = 60;
/** What is later than this is left out: a conversation must not lag. */
const MOST_MS = 400;

class CallAudio extends AudioWorkletProcessor {
  constructor() {
    super();
    this.frame = new Int16Array(sampleRate * FRAME_MS / 1000);
    this.filled = 0;
    /** Frames to be played, the oldest first. */
    this.queue = [];
    /** Samples of the oldest one that were played. */
    this.played = 0;
    this.playing = false;
    /** How long frames have waited for more of them, in samples. */
    this.waited = 0;
    this.port.onmessage = ({ data }) => {
      this.queue.push(new Int16Array(data));
      const most = MOST_MS / FRAME_MS;
      while (this.queue.length > most) this.queue.shift();
    };
  }

  process([[input]], [[output]]) {
    if (input !== undefined) this.record(input);
    if (output !== undefined) this.play(output);
    return true;
  }

  record(samples) {
    for (const sample of samples) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.frame[this.filled++] = Math.round(clipped * 32767);
      if (this.filled < this.frame.length) continue;
      const { buffer } = this.frame;
      this.port.postMessage(buffer, [buffer]);
      this.frame = new Int16Array(sampleRate * FRAME_MS / 1000);
      this.filled = 0;
    }
  }

  /** Begins when enough is there, or nothing more has come for as long: the end of a sentence is not the next one's. */
  begin(passed) {
    if (this.playing || this.queue.length === 0) {
      this.waited = 0;
      return;
    }
    this.waited += passed;
    const enough = this.queue.length >= PREFILL_MS / FRAME_MS;
    this.playing = enough || this.waited >= sampleRate * PREFILL_MS / 1000;
  }

  play(samples) {
    this.begin(samples.length);
    for (let i = 0; i < samples.length; i++) {
      const frame = this.playing ? this.queue[0] : undefined;
      if (frame === undefined) {
        this.playing = false;
        samples[i] = 0;
        continue;
      }
      samples[i] = frame[this.played++] / 32768;
      if (this.played < frame.length) continue;
      this.queue.shift();
      this.played = 0;
    }
  }
}

registerProcessor("call-audio", CallAudio);
