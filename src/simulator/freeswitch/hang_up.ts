import { type ApplicationCall, completeHeaders } from "./application_runner.ts";
import type { LineQuality } from "./call_options.ts";
import { setVariable } from "./channel.ts";
import { setByeVariables } from "./channel_variables.ts";
import { setFinalVariables } from "./final_variables.ts";
import type { ControlSocket, LiveCall } from "./machine.ts";

/** What is known of a call that is being hung up. */
export interface HangUp {
  readonly cause: string;
  readonly digits: string;
  readonly quality: LineQuality | undefined;
  readonly socket: ControlSocket | undefined;
  readonly socketAction: ApplicationCall | undefined;
  /** Completes the application that runs, if one does. */
  interrupt(): void;
}

/** Takes a channel down, with the events in the order that was recorded. */
export function tellHangUp(call: LiveCall, hangUp: HangUp) {
  const { channel } = call;
  const { socket, socketAction } = hangUp;
  channel.cause = hangUp.cause;
  channel.state = "hanging_up";
  channel.answerState = "hangup";
  setByeVariables(channel);
  call.fire("CHANNEL_HANGUP");
  setVariable(channel, "sip_hangup_disposition", "recv_bye");
  hangUp.interrupt();
  call.fire("CHANNEL_UNPARK");
  if (socketAction !== undefined) {
    call.fire(
      "CHANNEL_EXECUTE_COMPLETE",
      completeHeaders(socketAction, "_none_"),
    );
  }
  channel.state = "hangup";
  call.fire("CHANNEL_STATE");
  // Without linger the connection is closed before the report is written.
  if (socket?.lingers === false) socket.disconnect();
  tellReport(call, hangUp);
  if (socket?.lingers === true) socket.startLinger();
}

function tellReport(call: LiveCall, { digits, quality }: HangUp) {
  const { channel, stats } = call;
  const endUs = Math.floor(call.machine.wallMs() * 1000);
  channel.times.hangupUs = endUs;
  channel.state = "reporting";
  call.fire("CHANNEL_STATE");
  setFinalVariables(channel, { digits, endUs, stats, line: quality });
  call.fire("CHANNEL_HANGUP_COMPLETE");
}
