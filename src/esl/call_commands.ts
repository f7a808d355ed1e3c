import { isIPv4 } from "node:net";
import { RemoteError } from "../errors.ts";
import { commandText } from "./command.ts";

/**
 * The command that makes FreeSWITCH exchange audio with `remote` over UDP, from
 * its own address `localHost` and a port that it picks. Any thread. Throws
 * TypeError for a host that is no IPv4 address, RangeError for a port that is none.
 */
export function unicastCommand(
  localHost: string,
  remote: { readonly host: string; readonly port: number },
): string {
  const { host, port } = remote;
  for (const address of [localHost, host]) {
    if (!isIPv4(address)) {
      throw new TypeError(
        `Cannot start unicast: the host must be an IPv4 address, got ${
          JSON.stringify(address)
        }`,
      );
    }
  }
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(
      `Cannot start unicast: the port must be 1 to 65535, got ${port}`,
    );
  }
  return commandText("sendmsg", {
    "call-command": "unicast",
    "local-ip": localHost,
    "local-port": 0,
    "remote-ip": host,
    "remote-port": port,
    "transport": "udp",
  });
}

/**
 * The call of the API that sets a variable of the channel `uuid` at once. Any
 * thread. FreeSWITCH drops spaces around the value, and an empty value unsets
 * the variable. Throws TypeError for a name that is not letters, digits and _,
 * or a value with a line break.
 */
export function setVariableCommand(
  uuid: string,
  variable: { readonly name: string; readonly value: string },
): string {
  const { name, value } = variable;
  if (/^[A-Za-z0-9_]+$/.test(name)) {
    return commandText(`uuid_setvar ${uuid} ${name} ${value}`);
  }
  throw new TypeError(
    `Cannot set a variable: its name must be letters, digits and _, got ${
      JSON.stringify(name)
    }`,
  );
}

/**
 * The call of the API that sends the channel `uuid` to a number in one of
 * FreeSWITCH's contexts. Any thread. Throws TypeError for a number or context
 * that is not one plain token.
 */
export function transferCommand(
  uuid: string,
  target: { readonly to: string; readonly context: string },
): string {
  const { to, context } = target;
  for (const token of [to, context]) {
    // What begins with a hyphen would be an option.
    if (/^[0-9A-Za-z*#+_.][0-9A-Za-z*#+_.-]{0,63}$/.test(token)) continue;
    throw new TypeError(
      `Cannot transfer: number and context must be tokens, got ${
        JSON.stringify(token.slice(0, 80))
      }`,
    );
  }
  return commandText(`uuid_transfer ${uuid} ${to} XML ${context}`);
}

/** The command that ends the channel with a cause like NORMAL_CLEARING; throws TypeError for another shape. Any thread. */
export function hangupCommand(cause: string): string {
  if (/^[A-Z_]+$/.test(cause)) {
    return commandText("sendmsg", {
      "call-command": "hangup",
      "hangup-cause": cause,
    });
  }
  throw new TypeError(
    `Cannot hang up: the cause must be like NORMAL_CLEARING, got ${
      JSON.stringify(cause)
    }`,
  );
}

/** The error for a command that FreeSWITCH answered with `reply`, without the command's values. Any thread. */
export function refusal(text: string, reply: string): RemoteError {
  const [line, call] = text.split("\n", 2);
  const name = line === "sendmsg" ? call : line.split(" ", 1)[0];
  return new RemoteError(
    `FreeSWITCH refused ${name}: ${reply.trim().slice(0, 200)}`,
  );
}
