import { TextLineStream } from "../text_lines.ts";

/** What a program can be asked, by name; the answer must survive JSON. */
export type Commands = Readonly<
  Record<string, (given: never) => unknown>
>;

/** A question on standard input, one JSON text a line. */
interface Question {
  readonly id: number;
  readonly ask: string;
  readonly given: never;
}

const ENCODER = new TextEncoder();

/**
 * Answers questions from standard input until it ends, several at a time; each
 * answer is a line on standard output with the question's id. `clock` is always
 * there and gives the process's own monotonic milliseconds.
 */
export async function answerQuestions(commands: Commands): Promise<void> {
  // A terminal's Ctrl-C reaches the whole group; the parent decides when we end.
  Deno.addSignalListener("SIGINT", () => {});
  const all: Commands = { ...commands, clock: () => performance.now() };
  const lines = Deno.stdin.readable.pipeThrough(new TextLineStream());
  for await (const line of lines) void answer(all, JSON.parse(line));
}

async function answer(commands: Commands, question: Question): Promise<void> {
  const { id, ask, given } = question;
  try {
    const result = await commands[ask](given);
    write({ id, result: result ?? null });
  } catch (error) {
    write({ id, error: error instanceof Error ? error.message : `${error}` });
  }
}

function write(value: unknown): void {
  let bytes = ENCODER.encode(`${JSON.stringify(value)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}
