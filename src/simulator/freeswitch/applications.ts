import { expandVariables, setVariable } from "./channel.ts";
import type { LiveCall } from "./machine.ts";

type Application = (
  call: LiveCall,
  argument: string,
) => Promise<string> | string;

const NO_RESPONSE = "_none_";
const PLAYBACK_MS = 200;

/** What `execute` runs, by FreeSWITCH's names; each gives its Application-Response. */
const APPLICATIONS: Record<string, Application> = {
  async answer(call) {
    await call.answer();
    return NO_RESPONSE;
  },
  async pre_answer(call) {
    await call.preAnswer();
    return NO_RESPONSE;
  },
  set(call, argument) {
    const equals = argument.indexOf("=");
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? "" : argument.slice(equals + 1);
    setVariable(call.channel, name, expandVariables(call.channel, value));
    return NO_RESPONSE;
  },
  async sleep(call, argument) {
    await call.sleep(Number(argument) || 0);
    return NO_RESPONSE;
  },
  async playback(call, argument) {
    call.machine.violate(
      call.channel.uuid,
      `playback ${argument} ended unicast for good`,
    );
    call.loseAudio();
    await call.sleep(PLAYBACK_MS);
    return "FILE PLAYED";
  },
  hangup(call, argument) {
    call.hangUp(argument || "NORMAL_CLEARING");
    return NO_RESPONSE;
  },
  async park(call) {
    await call.down;
    return NO_RESPONSE;
  },
  respond(call, argument) {
    // Before an answer a final response ends the INVITE, e.g. `486 Busy`.
    if (call.channel.answerState !== "answered") {
      call.hangUp(argument.startsWith("486") ? "USER_BUSY" : "CALL_REJECTED");
    }
    return NO_RESPONSE;
  },
};

/**
 * Runs an application and gives its response. An unknown one ends the call, as
 * FreeSWITCH does.
 */
export async function runApplication(
  call: LiveCall,
  { name, argument }: { name: string; argument: string },
): Promise<string> {
  const application = APPLICATIONS[name];
  if (application === undefined) {
    call.machine.violate(call.channel.uuid, `unknown application ${name}`);
    call.hangUp("DESTINATION_OUT_OF_ORDER");
    return NO_RESPONSE;
  }
  return await application(call, argument);
}
