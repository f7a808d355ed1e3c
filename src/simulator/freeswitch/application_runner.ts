import { runApplication } from "./applications.ts";
import { type Header, setVariable } from "./channel.ts";
import type { LiveCall } from "./machine.ts";

/** An application with its argument, and the id that its events carry. */
export interface ApplicationCall {
  readonly name: string;
  readonly argument: string;
  readonly uuid: string;
}

/** Runs a channel's applications with the events that tell of them. One thread. */
export class ApplicationRunner {
  readonly #call: LiveCall;
  #running: ApplicationCall | undefined;

  constructor(call: LiveCall) {
    this.#call = call;
  }

  async run(application: ApplicationCall) {
    const { channel } = this.#call;
    const { name, argument } = application;
    this.#running = application;
    setVariable(channel, "current_loop", 1);
    setVariable(channel, "total_loops", 1);
    setVariable(channel, "current_application", name);
    setVariable(channel, "current_application_data", argument);
    this.#call.fire("CHANNEL_EXECUTE", headersOf(application));
    // Set again with the variables in the argument expanded: that is their recorded order.
    setVariable(channel, "current_application_data", argument);
    setVariable(channel, "current_application", name);
    const response = await runApplication(this.#call, application);
    // A hang-up has completed what it interrupted.
    if (this.#running === application) this.#complete(response);
  }

  /** The channel goes down: what runs is over. */
  interrupt() {
    this.#complete("_none_");
  }

  #complete(response: string) {
    if (this.#running === undefined) return;
    const headers = completeHeaders(this.#running, response);
    this.#running = undefined;
    this.#call.fire("CHANNEL_EXECUTE_COMPLETE", headers);
    this.#call.channel.variables.delete("current_loop");
    this.#call.channel.variables.delete("total_loops");
  }
}

/** What CHANNEL_EXECUTE_COMPLETE tells beyond the channel. */
export function completeHeaders(
  application: ApplicationCall,
  response: string,
): Header[] {
  const headers = headersOf(application);
  headers.splice(-1, 0, ["Application-Response", response]);
  return headers;
}

function headersOf({ name, argument, uuid }: ApplicationCall): Header[] {
  const headers: Header[] = [["Application", name]];
  if (argument !== "") headers.push(["Application-Data", argument]);
  headers.push(["Application-UUID", uuid]);
  return headers;
}
