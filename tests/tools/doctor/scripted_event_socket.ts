/** What a scripted FreeSWITCH answers; the defaults are a healthy one's. */
export interface FreeSwitchScript {
  readonly password?: string;
  /** What it says first, instead of asking for the password. */
  readonly greeting?: string;
  /** Answers by command; a missing one is answered with -ERR. */
  readonly answers?: Readonly<Record<string, string>>;
  /** Sends everything byte by byte. */
  readonly dribble?: boolean;
}

/** A scripted FreeSWITCH that listens. */
export interface ScriptedFreeSwitch {
  readonly port: number;
  /** Commands that came, the password's included. */
  readonly commands: readonly string[];
  close(): Promise<void>;
}

/** Answers of a FreeSWITCH with the project's own configuration. */
export const HEALTHY: Readonly<Record<string, string>> = {
  "version": "FreeSWITCH Version 1.10.12-release~64bit (-release 64bit)\n",
  "show modules": [
    "type,name,ikey,filename",
    ..."event_socket sofia dptools commands dialplan_xml".split(" ")
      .map((name) => `generic,${name},mod_${name},/usr/lib/mod_${name}.so`),
    "",
    "5 total.",
  ].join("\n"),
  "sofia status": [
    "                     Name\t   Type\t               Data\tState",
    "=".repeat(60),
    "                  uap9600\tprofile\tsip:mod_sofia@10.0.0.100:5060\tRUNNING (0)",
    "                    other\tprofile\tsip:mod_sofia@10.0.0.100:5080\tDOWN",
    "=".repeat(60),
    "2 profiles 0 aliases",
  ].join("\n"),
  "xml_locate dialplan": `<section name="dialplan"><context name="from-uap">
    <extension name="to_vapi"><condition>
      <action application="sched_transfer" data="+5 1000 XML public"/>
      <action application="sched_hangup" data="+30 allotted_timeout"/>
      <action application="socket" data="127.0.0.1:8084 async full"/>
    </condition></extension></context></section>`,
};

/**
 * Listens like FreeSWITCH's own event socket, as recorded of FreeSWITCH 1.11:
 * it asks for the password, and then answers one command after the other.
 */
export function startFreeSwitch(
  script: FreeSwitchScript = {},
): ScriptedFreeSwitch {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const commands: string[] = [];
  const conns = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const conn of listener) {
      conns.add(conn);
      // A client may leave in the middle of anything.
      await serve(conn, { script, commands }).catch(() => {});
      closeQuietly(conn);
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    commands,
    close: async () => {
      listener.close();
      conns.forEach(closeQuietly);
      await serving;
    },
  };
}

async function serve(
  conn: Deno.Conn,
  { script, commands }: { script: FreeSwitchScript; commands: string[] },
): Promise<void> {
  const say = (text: string) => write(conn, text, script.dribble === true);
  await say(script.greeting ?? "Content-Type: auth/request\n\n");
  const buffer = new Uint8Array(4096);
  let text = "";
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return;
    text += new TextDecoder().decode(buffer.subarray(0, count));
    const parts = text.split("\n\n");
    text = parts.pop()!;
    for (const command of parts) {
      commands.push(command);
      await say(answer(command, script));
    }
  }
}

function answer(command: string, script: FreeSwitchScript): string {
  const { password = "s3cret-word", answers = HEALTHY } = script;
  if (command.startsWith("auth ")) {
    return command === `auth ${password}`
      ? "Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
      : "Content-Type: command/reply\nReply-Text: -ERR invalid\n\n";
  }
  const body = answers[command.slice("api ".length)] ??
    "-ERR command not found\n";
  const bytes = new TextEncoder().encode(body).length;
  return `Content-Type: api/response\nContent-Length: ${bytes}\n\n${body}`;
}

async function write(conn: Deno.Conn, text: string, dribble: boolean) {
  const bytes = new TextEncoder().encode(text);
  const size = dribble ? 1 : bytes.length;
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at, at + size));
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed already.
  }
}
