import { ProtocolError } from "../errors.ts";
import type { Channel } from "../router/call_control.ts";
import { plainAddress } from "./address_list.ts";
import type { EslHeaders } from "./esl_message.ts";
import { plainText } from "./plain_text.ts";

/** The channel variable in which the dialplan leaves why nobody took a call that was transferred. */
export const TRANSFER_VARIABLE = "vapi_transfer";

/** The two ends of a connection, as the runtime names them. */
export interface ConnectionHosts {
  readonly localHost: string;
  readonly remoteHost: string;
}

/**
 * Reads the channel from the reply of `connect`. Any thread. Text is cut at 256
 * characters, and control characters become spaces. Throws ProtocolError when
 * the Unique-ID is not one plain token, because it is put into commands.
 */
export function readChannel(
  headers: EslHeaders,
  hosts: ConnectionHosts,
): Channel {
  const uuid = headers.get("Unique-ID") ?? "";
  if (!/^[0-9A-Za-z_.-]{1,128}$/.test(uuid)) {
    throw new ProtocolError(
      `Cannot take a call: Unique-ID must be a token, got ${
        JSON.stringify(uuid.slice(0, 80))
      }`,
    );
  }
  return {
    uuid,
    line: "telephone",
    callerNumber: plainText(headers.get("Caller-Caller-ID-Number")),
    callerName: plainText(headers.get("Caller-Caller-ID-Name")),
    calledNumber: plainText(headers.get("Caller-Destination-Number")),
    assistantId: plainText(headers.get("variable_vapi_assistant_id")),
    answered: headers.get("Answer-State") === "answered",
    held: headers.get("Channel-Call-State") === "HELD",
    transferFailed: plainText(headers.get(`variable_${TRANSFER_VARIABLE}`)) ||
      undefined,
    localHost: plainAddress(hosts.localHost),
    remoteHost: plainAddress(hosts.remoteHost),
  };
}
