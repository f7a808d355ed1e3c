import { ProtocolError, RemoteError } from "../../errors.ts";
import type {
  SessionFields,
  SessionSettings,
  UpdateContext,
} from "./session_settings.ts";

/** The complaint about a part of a session that cannot be read. Any thread. */
export function badShape(field: string): ProtocolError {
  return new ProtocolError(`Invalid value: 'session.${field}'.`);
}

/** A field that must be an object. Any thread. Throws ProtocolError. */
export function readObject(value: unknown, field: string): SessionFields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badShape(field);
  }
  return value as SessionFields;
}

/** Refuses an object that has other fields than these. Any thread. Throws ProtocolError. */
export function allowOnly(
  fields: SessionFields,
  names: readonly string[],
  inside = "",
): void {
  for (const name of Object.keys(fields)) {
    if (names.includes(name)) continue;
    const path = `session.${inside}${name}`;
    throw new ProtocolError(`Unknown parameter: '${path.slice(0, 100)}'.`);
  }
}

/** A number within bounds; what it is otherwise when it is left out. Any thread. Throws ProtocolError. */
export function readNumber(
  fields: SessionFields,
  name: string,
  { most, otherwise, whole = true }: {
    readonly most: number;
    readonly otherwise: number;
    readonly whole?: boolean;
  },
): number {
  const value = fields[name];
  if (value === undefined) return otherwise;
  const fits = typeof value === "number" && value >= 0 && value <= most &&
    (!whole || Number.isInteger(value));
  if (!fits) throw badShape(name);
  return value as number;
}

/** A flag; what it is otherwise when it is left out. Any thread. Throws ProtocolError. */
export function readFlag(
  fields: SessionFields,
  name: string,
  otherwise: boolean,
): boolean {
  const value = fields[name];
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") throw badShape(name);
  return value;
}

/** How a dialect writes a function: in a part of its own, or not. */
export type ToolShape = "nested" | "flat";

/** Instructions and tools. Any thread. Throws ProtocolError. */
export function readTask(
  update: SessionFields,
  current: SessionSettings,
  shape: ToolShape,
): Pick<SessionSettings, "instructions" | "tools"> {
  const { instructions = current.instructions, tools = current.tools } = update;
  if (typeof instructions !== "string") throw badShape("instructions");
  if (!Array.isArray(tools)) throw badShape("tools");
  for (const tool of tools) checkTool(tool, shape);
  return { instructions, tools };
}

/** Tools of the service's own, e.g. a search, have shapes of their own. */
function checkTool(value: unknown, shape: ToolShape): void {
  const tool = readObject(value, "tools");
  if (tool.type !== "function") return;
  const spec = shape === "flat" ? tool : readObject(tool.function, "tools");
  const { name, parameters } = spec;
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
    throw badShape("tools.name");
  }
  if (parameters !== undefined) readObject(parameters, "tools.parameters");
}

/** A voice that the session may have. Any thread. Throws ProtocolError, and RemoteError with StepFun's words. */
export function readVoice(
  voice: unknown,
  current: SessionSettings,
  { voices, spoke }: UpdateContext,
): string {
  if (voice === undefined) return current.voice;
  if (typeof voice !== "string") throw badShape("voice");
  if (!voices.includes(voice)) {
    throw new RemoteError(`voice ${voice.slice(0, 100)} is not valid`);
  }
  if (spoke && voice !== current.voice) {
    throw new RemoteError("voice cannot be changed after the first audio");
  }
  return voice;
}
