/** How the models are looked at. */
export interface ModelCheck {
  readonly signal: AbortSignal;
  /** For one model, its answer included. */
  readonly timeoutMs?: number;
  /** How much faster than spoken the known sentences go up; 1 for a real model. */
  readonly speed?: number;
}
