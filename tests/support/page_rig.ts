import { VapiCall } from "../../src/http/console/vapi_call.js";

/** A WebSocket of a page, whose other end a test is. */
export class PageSocket {
  readyState: number = WebSocket.OPEN;
  bufferedAmount = 0;
  readonly sent: unknown[] = [];
  readonly closings: Array<number | undefined> = [];
  onmessage?: (event: { data: unknown }) => void;
  onclose?: (event: { code: number }) => void;
  readonly protocols: readonly string[];

  constructor(protocols: readonly string[]) {
    this.protocols = protocols;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    this.readyState = WebSocket.CLOSING;
    this.closings.push(code);
  }

  /** The server says this. */
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The connection ends. */
  lose(code: number): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }
}

/** A call of a page in a browser that a test makes up. */
export class PageRig implements Disposable {
  readonly sockets: PageSocket[] = [];
  /** What the call dispatched, but for levels and lines. */
  readonly told: string[] = [];
  /** The texts of the newest transcript. */
  lines: string[] = [];
  /** Microphones that are on. */
  microphones = 0;
  readonly call: VapiCall;
  #fails?: string;
  #port?: {
    onmessage?: (event: { data: ArrayBuffer }) => void;
    postMessage(): void;
  };
  #before = new Map<string, PropertyDescriptor | undefined>();

  constructor({ fails }: { readonly fails?: string } = {}) {
    this.#fails = fails;
    this.#replace(navigator, "mediaDevices", {
      getUserMedia: () => Promise.resolve().then(() => this.#openMicrophone()),
    });
    // deno-lint-ignore no-this-alias -- constructors have a `this` of their own.
    const rig = this;
    this.#replace(
      globalThis,
      "AudioContext",
      class {
        state = "running";
        destination = {};
        audioWorklet = {
          addModule: () => Promise.resolve().then(() => rig.#try("addModule")),
        };
        constructor() {
          rig.#try("AudioContext");
        }
        createMediaStreamSource() {
          return { connect() {} };
        }
        close() {
          this.state = "closed";
        }
      },
    );
    this.#replace(
      globalThis,
      "AudioWorkletNode",
      class {
        port = rig.#port = { postMessage() {} };
        connect() {}
      },
    );
    const { OPEN, CLOSED } = WebSocket;
    const connect = function (_url: string, protocols: string[]) {
      rig.#try("WebSocket");
      const socket = new PageSocket(protocols);
      rig.sockets.push(socket);
      return socket;
    };
    this.#replace(
      globalThis,
      "WebSocket",
      Object.assign(connect, { OPEN, CLOSED, CLOSING: 2 }),
    );
    this.call = new VapiCall({
      url: "ws://node/ws",
      ticket: "first",
      rateHz: 16000,
      worklet: "audio_worklet.js",
    });
    for (const type of ["ringing", "answered", "away", "error"]) {
      this.call.addEventListener(type, () => this.told.push(type));
    }
    this.call.addEventListener("ended", (event) => {
      this.told.push(`ended ${(event as CustomEvent).detail.cause}`);
    });
    this.call.addEventListener("said", (event) => {
      const { lines } = (event as CustomEvent).detail;
      this.lines = lines.map(({ text }: { text: string }) => text);
    });
  }

  /** The newest connection. */
  get socket(): PageSocket {
    return this.sockets.at(-1)!;
  }

  /** The microphone gives a frame. */
  record(frame: Int16Array<ArrayBuffer>): void {
    this.#port!.onmessage!({ data: frame.buffer });
  }

  [Symbol.dispose](): void {
    this.call.hangUp();
    for (const [name, before] of this.#before) {
      const owner = name === "mediaDevices" ? navigator : globalThis;
      if (before === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, before);
    }
  }

  #openMicrophone() {
    this.#try("getUserMedia");
    this.microphones++;
    let isOn = true;
    const stop = () => {
      if (isOn) this.microphones--;
      isOn = false;
    };
    return { getTracks: () => [{ stop }] };
  }

  #try(step: string): void {
    if (this.#fails === step) throw new Error(`${step} is broken`);
  }

  #replace(owner: object, name: string, value: unknown): void {
    this.#before.set(name, Object.getOwnPropertyDescriptor(owner, name));
    Object.defineProperty(owner, name, { value, configurable: true });
  }
}
