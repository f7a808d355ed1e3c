import { setVariable } from "./channel.ts";
import { dumpText } from "./events.ts";
import type { LiveCall, Machine } from "./machine.ts";

type ApiCommand = (machine: Machine, words: readonly string[]) => string;

const NO_CHANNEL = "-ERR No such channel!\n";

/** What `api` and `bgapi` know, by FreeSWITCH's names; each gives the body of the answer. */
const API_COMMANDS: Record<string, ApiCommand> = {
  uuid_exists: (machine, [uuid]) =>
    machine.findCall(uuid) === undefined ? "false" : "true",
  uuid_getvar: onCall((call, [, name]) =>
    call.channel.variables.get(name) ?? "_undef_"
  ),
  uuid_setvar: onCall((call, [, name, ...value]) => {
    if (name === undefined) return "-ERR No Variable specified\n";
    setVariable(call.channel, name, value.join(" "));
    return "+OK\n";
  }),
  uuid_dump: onCall((call) => dumpText(call.channel, call.machine)),
  uuid_kill: onCall((call, [, cause]) => {
    call.hangUp(cause ?? "NORMAL_CLEARING");
    return "+OK\n";
  }),
  uuid_transfer: onCall((call, [, to, dialplan, context]) => {
    if (to === undefined) {
      return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n";
    }
    if ((dialplan ?? "XML") !== "XML") return "-ERR No such dialplan\n";
    call.transferTo({ number: to, context: context ?? "default" });
    return "+OK\n";
  }),
  // It works and says nothing (measured).
  uuid_pause: onCall((call, [, state]) => {
    call.pauseAudio(state === "on");
    return "";
  }),
  sched_del: (machine, [uuid]) =>
    `+OK Deleted: ${machine.findCall(uuid)?.unschedule() ?? 0}\n`,
  status: (machine) =>
    "UP 0 years, 0 days, 0 hours, 1 minute, 0 seconds, 0 milliseconds\n" +
    "FreeSWITCH (Version 1.11.3-dev 64bit) is ready\n" +
    `${machine.callCount()} session(s) - peak 1000\n`,
  version: () => "FreeSWITCH Version 1.11.3-dev (64bit)\n",
  system: (machine, words) => {
    machine.shellCommands.push(words.join(" "));
    machine.violate("", "a shell command was run");
    return "";
  },
};

/** Runs an API command and gives what FreeSWITCH would print. */
export function runApi(machine: Machine, line: string): string {
  const [name, ...words] = line.trim().split(" ");
  const command = API_COMMANDS[name];
  if (command === undefined) return `-ERR ${name} Command not found!\n`;
  return command(machine, words);
}

function onCall(
  run: (call: LiveCall, words: readonly string[]) => string,
): ApiCommand {
  return (machine, words) => {
    const call = machine.findCall(words[0]);
    return call === undefined ? NO_CHANNEL : run(call, words);
  };
}
