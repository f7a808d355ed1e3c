import type { Persona } from "./profile.ts";

type Functions = Pick<Persona, "functions">;

/** The session's `tools` as StepFun and Qwen write them; nothing without functions. Any thread. */
export function nestedTools({ functions = [] }: Functions) {
  if (functions.length === 0) return {};
  const tools = functions.map(({ name, description, parameters }) => ({
    type: "function",
    function: { name, description, parameters },
  }));
  return { tools };
}

/** The same as OpenAI writes them. Any thread. */
export function flatTools({ functions = [] }: Functions) {
  if (functions.length === 0) return {};
  const tools = functions.map(({ name, description, parameters }) => ({
    type: "function",
    name,
    description,
    parameters,
  }));
  return { tools };
}
