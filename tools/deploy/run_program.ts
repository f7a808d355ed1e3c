/** What a program is given besides its arguments. */
export interface ProgramOptions {
  /** Text for its standard input. */
  readonly input?: string;
  readonly stop?: AbortSignal;
}

/** Runs a program to its end; resolves with its output. Rejects with what it wrote to standard error when it fails. */
export async function runProgram(
  [program, ...args]: readonly string[],
  { input, stop }: ProgramOptions = {},
): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: stop,
  }).spawn();
  if (input !== undefined) {
    await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {
      // It ended without reading all; its own words say why.
    });
  }
  const { success, code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  const out = decoder.decode(stdout);
  if (success) return out;
  stop?.throwIfAborted();
  const words = `${decoder.decode(stderr)}\n${out}`.trim();
  throw new Error(`${program} ended with code ${code}: ${words.slice(-2000)}`);
}
