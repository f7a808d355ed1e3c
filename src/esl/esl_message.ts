import type { ModeslEvent } from "./modesl.d.ts";

/** Headers of a message of FreeSWITCH, decoded. */
export type EslHeaders = ReadonlyMap<string, string>;

/** A reply, an event or a notice of FreeSWITCH, decoded. */
export interface EslMessage {
  readonly headers: EslHeaders;
  readonly body: string;
}

/** Takes over what modesl parsed; what is not text is left out. Main thread. */
export function toMessage(event: ModeslEvent): EslMessage {
  const headers = new Map<string, string>();
  for (const { name, value } of event.headers) {
    if (typeof value === "string") headers.set(name, value);
  }
  const body = event.getBody();
  return { headers, body: typeof body === "string" ? body : "" };
}
