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

/** Asks a model that is new to the call to go on where another was cut off, or where somebody did not answer. */
export function resumePrompt(owed: "answer" | "rest" | "transfer"): string {
  if (owed === "transfer") {
    return "（刚才为来电者转接，但没有人接听，电话又回到了你这里。请简短致歉，并询问还可以怎样帮助对方。）";
  }
  return owed === "answer"
    ? "（线路刚才中断了片刻。请回答来电者刚才说的话；如果没有听清，请简短致歉并请对方再说一遍。）"
    : "（线路刚才中断了片刻，来电者没有听完你的话。请接着把没说完的话说完，不要从头重复。）";
}

/** Asks a model that seems not to have heard the caller to say so: one that is well helps a caller whom it could not hear. */
export function unheardPrompt(): string {
  return "（来电者好像说了话，但没有听清。请简短致歉并请对方再说一遍。）";
}

/** Asks the model to find out whether a silent caller is still there. */
export function askPrompt(): string {
  return "（来电者很久没有说话。请简短地询问对方是否还在。）";
}

/** Asks the model to take leave of a caller who does not answer. */
export function takeLeavePrompt(): string {
  return "（来电者一直没有回答。请简短地道别，电话随后会挂断。）";
}
