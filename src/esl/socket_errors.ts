import { ProtocolError } from "../errors.ts";

/** Something took longer than it may. Any thread. */
export function timeoutError(message: string): DOMException {
  return new DOMException(message, "TimeoutError");
}

/** There is no connection any more, perhaps because of `cause`. Any thread. */
export function goneError(cause?: unknown): ProtocolError {
  return new ProtocolError(
    "Cannot command FreeSWITCH: the connection is gone",
    cause === undefined ? undefined : { cause },
  );
}
