import type {
  FunctionOutcome,
  FunctionRequest,
  RunFunction,
} from "../router/call_functions.ts";
import type { Log } from "../telemetry/log.ts";
import { askService } from "./ask_service.ts";

/** What a function of an assistant does; one of them. */
export type FunctionDeed =
  /** Sends the caller to one of these numbers, by the name that the model chooses. */
  | { readonly transfer: Readonly<Record<string, string>> }
  /** Ends the call. */
  | { readonly hangUp: true }
  /** Asks a service of the operator's. */
  | { readonly url: string; readonly timeoutMs: number };

/** A function as the assistants file has it. */
export interface AssistantFunction {
  readonly name: string;
  readonly does: FunctionDeed;
}

/** Parts of {@linkcode assistantFunctions}. */
export interface AssistantFunctionsOptions {
  /** By id. */
  readonly assistants: ReadonlyMap<
    string,
    { readonly functions: readonly AssistantFunction[] }
  >;
  /** Sent to the operator's services as a bearer token; none when left out. */
  readonly token?: string;
  readonly log: Log;
}

/** The functions that the assistants have. Main thread. */
export function assistantFunctions(
  { assistants, token, log }: AssistantFunctionsOptions,
): RunFunction {
  return async (request, signal) => {
    const { assistantId, call, channel } = request;
    const { functions = [] } = assistants.get(assistantId) ?? {};
    const found = functions.find(({ name }) => name === call.name);
    if (found === undefined) {
      return refuse("there is no such function", "unknown");
    }
    const values = readArguments(call.arguments);
    if (values === undefined) {
      return refuse("the arguments must be a JSON object");
    }
    const { does } = found;
    if ("hangUp" in does) return HANGING_UP;
    if ("transfer" in does) return transfer(does.transfer, values, request);
    try {
      const output = await askService(
        { ...does, token, request, values },
        signal,
      );
      return { result: "ok", output };
    } catch (error) {
      // An end of the call is no fault of the service's.
      if (!signal.aborted) {
        log.warn("A function could not be carried out", {
          callId: channel.uuid,
          function: found.name,
          error,
        });
      }
      return refuse("the service cannot be reached now");
    }
  };
}

const HANGING_UP: FunctionOutcome = {
  result: "ok",
  output: JSON.stringify({
    ok: true,
    next: "请用一句话道别，电话随后会挂断。",
  }),
  after: { do: "hang_up" },
};

function transfer(
  numbers: Readonly<Record<string, string>>,
  { to }: Readonly<Record<string, unknown>>,
  { mayTransfer }: FunctionRequest,
): FunctionOutcome {
  if (!mayTransfer) return refuse("this line cannot be transferred");
  const names = Object.keys(numbers);
  const name = to === undefined && names.length === 1 ? names[0] : to;
  if (typeof name !== "string" || !names.includes(name)) {
    return refuse(`"to" must be one of ${names.join(", ")}`);
  }
  return {
    result: "ok",
    output: JSON.stringify({
      ok: true,
      next: "请用一句话告诉来电者正在转接，请稍候。",
    }),
    after: { do: "transfer", to: numbers[name] },
  };
}

function refuse(
  error: string,
  result: "failed" | "unknown" = "failed",
): FunctionOutcome {
  return { result, output: JSON.stringify({ error }) };
}

/** An object; undefined for anything else. No text at all is an empty one. */
function readArguments(
  text: string,
): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null &&
      !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
