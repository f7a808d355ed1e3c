import { Buffer } from "node:buffer";

/** One message of FreeSWITCH, each character one byte. */
export interface Message {
  readonly head: string;
  readonly body: string;
}

/** The application's end of one event socket, driven by a test. */
export class ScriptedConnection {
  readonly #conn: Deno.TcpConn;
  readonly #chunk = new Uint8Array(65_536);
  #pending = "";

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  async send(text: string) {
    const bytes = Buffer.from(text, "latin1");
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#conn.write(bytes.subarray(sent));
    }
  }

  /** Sends a command and gives the next message that is no event. */
  async ask(command: string): Promise<Message> {
    await this.send(`${command}\n\n`);
    for (;;) {
      const message = await this.read();
      if (message === undefined) throw new Error("the connection ended");
      if (!message.head.includes("text/event-")) return message;
    }
  }

  /** The next message; undefined when the connection has ended. */
  async read(): Promise<Message | undefined> {
    for (;;) {
      const message = this.#cut();
      if (message !== undefined) return message;
      const count = await this.#conn.read(this.#chunk).catch(() => null);
      if (count === null) return undefined;
      // TextDecoder's latin1 is windows-1252, which moves 0x80 to 0x9F.
      this.#pending += Buffer.from(this.#chunk.subarray(0, count)).toString(
        "latin1",
      );
    }
  }

  /** The next event of that name; throws when the connection ends before. */
  async event(name: string): Promise<Message> {
    for (;;) {
      const message = await this.read();
      if (message === undefined) throw new Error(`no ${name} before the end`);
      if (eventName(message) === name) return message;
    }
  }

  /** All messages up to the end of the connection. */
  async readAll(): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await this.read();
      if (message === undefined) return messages;
      messages.push(message);
    }
  }

  close() {
    try {
      this.#conn.close();
    } catch {
      // Closed before.
    }
  }

  #cut(): Message | undefined {
    const end = this.#pending.indexOf("\n\n");
    if (end < 0) return undefined;
    const head = this.#pending.slice(0, end + 2);
    const length = Number(/^Content-Length: (\d+)$/m.exec(head)?.[1] ?? 0);
    if (this.#pending.length < end + 2 + length) return undefined;
    const body = this.#pending.slice(end + 2, end + 2 + length);
    this.#pending = this.#pending.slice(end + 2 + length);
    return { head, body };
  }
}

/** A listener that stands for the application; one connection a call. */
export class ScriptedApplication {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: ScriptedConnection[] = [];

  /** For a dialplan's `socket`. */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async accept(): Promise<ScriptedConnection> {
    const connection = new ScriptedConnection(await this.#listener.accept());
    this.#connections.push(connection);
    return connection;
  }

  /** Accepts a call and sends the commands that every application begins with. */
  async acceptCall(): Promise<ScriptedConnection> {
    const connection = await this.accept();
    await connection.ask("connect");
    await connection.ask("myevents");
    await connection.ask("linger 5");
    return connection;
  }

  close() {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
  }
}

/** The name of an event in plain or JSON form; empty for another message. */
export function eventName({ body }: Message): string {
  return /^Event-Name: (\w+)$/m.exec(body)?.[1] ??
    /"Event-Name":"(\w+)"/.exec(body)?.[1] ?? "";
}

/** A header's raw value. */
export function headerOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
}

/** The command that starts unicast towards a port of this host. */
export function unicastCommand(port: number, localPort = 0): string {
  return "sendmsg\ncall-command: unicast\nlocal-ip: 127.0.0.1\n" +
    `local-port: ${localPort}\nremote-ip: 127.0.0.1\n` +
    `remote-port: ${port}\ntransport: udp`;
}

/** The command that runs an application under an event-uuid. */
export function executeCommand(
  name: string,
  argument = "",
  uuid = "11111111-2222-3333-4444-555555555555",
): string {
  return `sendmsg\ncall-command: execute\nexecute-app-name: ${name}\n` +
    (argument === "" ? "" : `execute-app-arg: ${argument}\n`) +
    `event-uuid: ${uuid}`;
}
