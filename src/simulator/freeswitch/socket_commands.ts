import { runApi } from "./api_commands.ts";
import type { Command } from "./command_reader.ts";
import { backgroundJobEvent, connectReply } from "./events.ts";
import type { UnicastTarget } from "./audio_socket.ts";
import type { LiveCall } from "./machine.ts";
import type { Subscription } from "./subscription.ts";

/** What a command can act on. */
export interface CommandContext {
  readonly call: LiveCall;
  readonly subscription: Subscription;
  /** Asks to linger for so many seconds after the hang-up; undefined: until the application closes. */
  linger(seconds: number | undefined): void;
  noLinger(): void;
  /** Ends the connection once the reply is out. */
  exit(): void;
  /** Does something once the reply is out. */
  afterReply(run: () => void): void;
}

type Reply = (context: CommandContext, command: Command) => string;

const LONGEST_GETVAR_BYTES = 511;

/** The commands of an outbound event socket (`async full`); each gives all that is written as its answer. */
const COMMANDS: Record<string, Reply> = {
  connect: ({ call }) => connectReply(call.channel, call.machine),
  myevents: (context, command) =>
    reply(context.subscription.enableOwn(words(command)[1] ?? "")),
  event: ({ subscription }, command) =>
    reply(subscription.add(words(command).slice(1))),
  nixevent: ({ subscription }, command) =>
    reply(subscription.remove(words(command).slice(1))),
  noevents: ({ subscription }) => reply(subscription.removeAll()),
  filter: ({ subscription }, command) =>
    reply(subscription.filter(words(command).slice(1))),
  linger(context, command) {
    const argument = words(command)[1];
    if (argument === undefined) {
      context.linger(undefined);
      return reply("+OK will linger");
    }
    const seconds = Number.parseInt(argument, 10) || 0;
    context.linger(seconds);
    return reply(`+OK will linger ${seconds} seconds`);
  },
  nolinger(context) {
    context.noLinger();
    return reply("+OK will not linger");
  },
  getvar({ call }, command) {
    const value = call.channel.variables.get(words(command)[1] ?? "") ?? "";
    return reply(
      value.slice(0, LONGEST_GETVAR_BYTES) || "-ERR command not found",
    );
  },
  api({ call }, command) {
    const answer = runApi(call.machine, rest(command)) || "-ERR no reply\n";
    return `Content-Type: api/response\nContent-Length: ${answer.length}\n\n${answer}`;
  },
  bgapi: startJob,
  sendmsg: sendMessage,
  exit(context) {
    context.exit();
    return reply("+OK bye");
  },
};

/** Carries a command out and gives the bytes of its answer. */
export function answerCommand(
  context: CommandContext,
  command: Command,
): string {
  const name = words(command)[0].toLowerCase();
  const run = COMMANDS[name];
  if (run === undefined) return reply("-ERR command not found");
  return run(context, command);
}

/** A command in a few words, for a test to compare: `linger 5`, `execute answer`, `unicast`. */
export function describeCommand({ line, headers }: Command): string {
  if (!line.startsWith("sendmsg")) return line;
  const what = headers.get("call-command") ?? "";
  if (what !== "execute") return what;
  return `execute ${headers.get("execute-app-name") ?? ""}`;
}

function startJob({ call, afterReply }: CommandContext, command: Command) {
  const { machine } = call;
  const jobUuid = command.headers.get("job-uuid") ?? crypto.randomUUID();
  const line = rest(command);
  const space = line.indexOf(" ");
  afterReply(() =>
    machine.publish(backgroundJobEvent(call.channel.uuid, {
      origin: machine,
      jobUuid,
      command: space < 0 ? line : line.slice(0, space),
      argument: space < 0 ? "" : line.slice(space + 1),
      body: runApi(machine, line),
    }))
  );
  return `Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${jobUuid}\nJob-UUID: ${jobUuid}\n\n`;
}

function sendMessage({ call: own }: CommandContext, command: Command): string {
  const uuid = words(command)[1] ?? own.channel.uuid;
  const call = uuid === own.channel.uuid ? own : own.machine.findCall(uuid);
  if (call === undefined) return reply(`-ERR invalid session id [${uuid}]`);
  if (!call.isUp) return reply("-ERR memory error");
  const { headers } = command;
  const header = (name: string) => headers.get(name) ?? "";
  switch (header("call-command")) {
    case "execute":
      call.queue(() =>
        call.execute(
          header("execute-app-name"),
          header("execute-app-arg"),
          header("event-uuid") || crypto.randomUUID(),
        )
      );
      break;
    case "hangup":
      call.queue(() =>
        call.hangUp(header("hangup-cause") || "NORMAL_CLEARING")
      );
      break;
    case "unicast":
      startUnicast(call, headers);
  }
  return reply("+OK");
}

function startUnicast(call: LiveCall, headers: ReadonlyMap<string, string>) {
  const target: UnicastTarget = {
    localHost: headers.get("local-ip") ?? "127.0.0.1",
    localPort: Number(headers.get("local-port") ?? "8025"),
    remoteHost: headers.get("remote-ip") ?? "127.0.0.1",
    remotePort: Number(headers.get("remote-port") ?? "8026"),
  };
  if (!call.channel.hasMedia) {
    return call.machine.crash(
      `unicast on ${call.channel.uuid} before answer or pre_answer had completed`,
    );
  }
  call.queue(() => call.startAudio(target));
}

function reply(text: string): string {
  return `Content-Type: command/reply\nReply-Text: ${text}\n\n`;
}

function words({ line }: Command): string[] {
  return line.trim().split(/ +/);
}

function rest({ line }: Command): string {
  return line.slice(line.indexOf(" ") + 1).trim();
}
