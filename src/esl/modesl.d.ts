/** What this folder uses of the package `modesl` 1.2.1, which has no types of its own. */

interface ModeslEvent {
  readonly headers: readonly {
    readonly name: string;
    readonly value: unknown;
  }[];
  getHeader(name: string): unknown;
  getBody(): unknown;
}

/** What modesl asks of a connected socket. */
interface ModeslSocketLike {
  on(name: string, listener: (argument?: unknown) => void): unknown;
  write(text: string): unknown;
  end(): unknown;
}

declare class ModeslConnection {
  constructor(socket: ModeslSocketLike);
  /** Called once by the constructor's own callback when the reply of `connect` is there. */
  subscribe: (events: readonly string[], done: () => void) => void;
  getInfo(): ModeslEvent | null;
  /** What `getInfo` returns. */
  channelData: ModeslEvent | null;
  sendRecv(text: string, done: (reply: ModeslEvent) => void): void;
  api(text: string, done: (reply: ModeslEvent) => void): void;
  on(name: "error", listener: (error: unknown) => void): unknown;
  on(
    name: "esl::event::**",
    listener: (
      event: ModeslEvent,
      head?: Readonly<Record<string, unknown>>,
    ) => void,
  ): unknown;
}

declare const modesl: { readonly Connection: typeof ModeslConnection };
export default modesl;
export type { ModeslConnection, ModeslEvent, ModeslSocketLike };
