/**
 * What the session tells the model in the caller's place. The realtime service
 * takes only the roles user and assistant, so that a remark of ours is a
 * message of the user, set apart by brackets.
 */

/** Asks the model to speak first. */
export function greetingPrompt(greeting: string): string {
  return `（电话已接通，来电者还没有说话。请只用这句话问候来电者：${greeting}）`;
}

/** Tells the model which keys the caller has pressed. */
export function keysPrompt(keys: string): string {
  return `（来电者按下了电话按键：${keys}）`;
}
