/**
 * A peer broke its protocol; the connection on which it happened ends.
 * Any thread.
 */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

/**
 * A peer understood and refused; the message carries its words.
 * Any thread.
 */
export class RemoteError extends Error {
  override name = "RemoteError";
}

/**
 * A bounded resource (calls, a queue, a buffer) is full.
 * Any thread.
 */
export class OverloadError extends Error {
  override name = "OverloadError";
}

/**
 * The operator's settings cannot be used; `problems` lists every mistake, one
 * readable line each. Any thread.
 */
export class ConfigurationError extends Error {
  override name = "ConfigurationError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join("\n"), options);
    this.problems = problems;
  }
}

/**
 * Whether `accept` of a listener failed because the connection was gone already:
 * it has left the queue, and the next one can be accepted. Any thread.
 */
export function wasGoneBeforeAccepted(error: unknown): boolean {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  // NotConnected is the runtime's, which asks for the peer's address (Deno 2.9.6).
  const kinds = [ConnectionAborted, ConnectionReset, NotConnected];
  return kinds.some((kind) => error instanceof kind);
}
