/** Deadlines of a conversation, in milliseconds. */
export interface ModelDeadlines {
  /** For everything until the model takes audio. */
  readonly openMs: number;
  /** For the answer to a request for a response. */
  readonly responseMs: number;
  /** For the end of a cancelled response. */
  readonly settleMs: number;
  /** For a socket to be gone after `open` has failed. */
  readonly goneMs: number;
}
