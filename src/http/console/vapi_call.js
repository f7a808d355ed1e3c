// A call from a browser. Any page may use it: see docs/api.md.

/** After the connection was lost it is tried again for so long. */
const RETURN_MS = 30_000;
/** Pauses between tries grow up to the longest, each by chance a little shorter: many pages come back at once. */
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 4000;
/** A conversation that was shorter is no success: the next try counts on. */
const GOOD_TALK_MS = 10_000;
/** Speech that the network has not taken for so long will not arrive. */
const MOST_WAITING_MS = 2000;
const NORMAL = 1000;
const LOST = 4000;

/**
 * One call. Dispatches `ringing`, `answered`, `away` (the connection is lost and
 * tried again), `ended` (once; `detail` is `{ cause, reason }`), `error`, `said`
 * (`detail` is `{ lines }`: all that was said, `{ role, text }` each) and `level`
 * (`detail` is `{ of: "caller" | "assistant", level }`, 0 to 1, for each frame).
 */
export class VapiCall extends EventTarget {
  /**
   * @param {{ url: string, ticket: string, rateHz: number, worklet: string | URL }} options
   *   `url` is that of the gateway, `wss://…/ws`; `worklet` that of audio_worklet.js.
   */
  constructor({ url, ticket, rateHz, worklet }) {
    super();
    this.url = url;
    this.ticket = ticket;
    this.rateHz = rateHz;
    this.worklet = worklet;
    /** What was said over each connection; a line's place in it is that in the conversation. */
    this.transcripts = [];
    this.started = false;
    this.over = false;
    this.answered = false;
    this.pauseMs = FIRST_PAUSE_MS;
  }

  /** Asks for the microphone and calls. Rejects with what the browser says when it gives none, or cannot call; to be called once. */
  async start() {
    if (this.started) throw new Error("A call is started once");
    this.started = true;
    try {
      await this.openAudio();
      if (!this.over) this.connect();
    } catch (error) {
      this.end({ cause: "LOCAL_ERROR", reason: error.message });
      throw error;
    } finally {
      // It may have ended while the browser asked for the microphone.
      if (this.over) this.closeAudio();
    }
  }

  /** Presses a key: one of 0-9 * # A-D. */
  press(digit) {
    this.say({ type: "dtmf", digit });
  }

  /** Says that nobody listens for now, or that somebody does again. */
  hold(held) {
    this.say({ type: "hold", held });
  }

  /** Ends the call. */
  hangUp() {
    this.say({ type: "hang_up" });
    this.end({ cause: "NORMAL_CLEARING", reason: "" });
  }

  async openAudio() {
    if (navigator.mediaDevices === undefined) {
      throw new DOMException("No microphone here", "NotAllowedError");
    }
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true },
    });
    this.context = new AudioContext({ sampleRate: this.rateHz });
    await this.context.audioWorklet.addModule(this.worklet);
    this.node = new AudioWorkletNode(this.context, "call-audio", {
      channelCount: 1,
      channelCountMode: "explicit",
    });
    this.node.port.onmessage = ({ data }) => this.sendFrame(data);
    this.context.createMediaStreamSource(this.stream).connect(this.node);
    this.node.connect(this.context.destination);
  }

  connect() {
    const protocols = ["vapi.v1", `ticket.${this.ticket}`];
    const socket = this.socket = new WebSocket(this.url, protocols);
    socket.binaryType = "arraybuffer";
    this.transcripts.push([]);
    // One that was given up may still have something to say.
    const isThis = () => this.socket === socket && !this.over;
    socket.onmessage = ({ data }) => {
      if (!isThis()) return;
      if (typeof data === "string") this.hear(JSON.parse(data));
      else this.playFrame(data);
    };
    socket.onclose = ({ code }) => {
      if (isThis()) this.lose(code);
    };
  }

  hear(message) {
    switch (message.type) {
      case "ringing":
        return this.tell("ringing", message);
      case "answered":
        this.ticket = message.ticket;
        this.answered = true;
        this.talksSinceMs = performance.now();
        clearTimeout(this.deadline);
        return this.tell("answered", message);
      case "said":
        return this.write(message);
      case "ended":
        this.farewell = message;
        return;
      case "error":
        return this.tell("error", message);
    }
  }

  write({ change, index, role, text }) {
    const lines = this.transcripts.at(-1);
    // What was said before this connection stands in the transcript of another.
    if (change === "replace" || index >= lines.length) {
      lines[index] = { role, text };
    } else lines.splice(index, 0, { role, text });
    // The places of what is not here are left out.
    const all = this.transcripts.flatMap((each) => each.filter(Boolean));
    this.tell("said", { lines: all });
  }

  /** The connection is lost: tries again, or ends. */
  lose(code) {
    const { farewell, talksSinceMs } = this;
    this.socket = undefined;
    const talkedMs = performance.now() - (talksSinceMs ?? Infinity);
    if (talkedMs > GOOD_TALK_MS) {
      this.awaySinceMs = undefined;
      this.pauseMs = FIRST_PAUSE_MS;
    }
    this.talksSinceMs = this.farewell = undefined;
    const lost = {
      cause: farewell?.cause ?? "NETWORK_OUT_OF_ORDER",
      reason: farewell?.reason ?? `the connection was lost (${code})`,
    };
    const mayReturn = farewell?.mayReturn ?? code !== NORMAL;
    this.awaySinceMs ??= performance.now();
    const leftMs = this.awaySinceMs + RETURN_MS - performance.now();
    if (!this.answered || !mayReturn || leftMs <= 0) return this.end(lost);
    // A try may hang, too.
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.end(lost), leftMs);
    this.tell("away", {});
    const pauseMs = this.pauseMs * (0.5 + Math.random() / 2);
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
    this.timer = setTimeout(() => this.connect(), pauseMs);
  }

  sendFrame(buffer) {
    if (this.talksSinceMs === undefined) return;
    this.tellLevel("caller", buffer);
    const { socket } = this;
    if (socket.readyState !== WebSocket.OPEN) return;
    const mostBytes = this.rateHz * 2 * MOST_WAITING_MS / 1000;
    if (socket.bufferedAmount <= mostBytes) return socket.send(buffer);
    // A network that takes nothing is lost, whatever the browser thinks of it.
    socket.close(LOST);
    this.lose(LOST);
  }

  playFrame(buffer) {
    this.tellLevel("assistant", buffer);
    this.node.port.postMessage(buffer, [buffer]);
  }

  say(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify(message));
  }

  end(detail) {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    clearTimeout(this.deadline);
    this.socket?.close(NORMAL);
    this.closeAudio();
    this.tell("ended", detail);
  }

  closeAudio() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    if (this.context && this.context.state !== "closed") this.context.close();
  }

  tellLevel(of, buffer) {
    let sum = 0;
    const samples = new Int16Array(buffer);
    for (const sample of samples) sum += sample * sample;
    const rms = Math.sqrt(sum / samples.length) / 32768;
    // From -60 dB to full scale.
    const level = Math.max(0, 1 + Math.log10(Math.max(rms, 1e-6)) / 3);
    this.tell("level", { of, level });
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
