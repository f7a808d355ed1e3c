import { parseArgs } from "node:util";

/** What a demo shows. */
export interface DemoOptions {
  readonly wav: string;
  readonly calls: number;
  readonly shards: number;
}

/** The caller that comes with the project. */
const SAMPLE = new URL("../../assets/speech_8k.wav", import.meta.url).pathname;

/** What `--help` prints. */
export const USAGE = `deno task demo [options]

Places telephone calls through the real server, between a simulated FreeSWITCH
and a simulated speech model that plays back what the caller said. The caller
interrupts once.

  --wav FILE   what the caller says: 16-bit mono WAV at 8000 Hz with two
               sentences and a pause of about a second between them
               (default: assets/speech_8k.wav)
  --calls N    simultaneous calls, 1 to 200 (default: 1)
  --shards N   worker threads of the server, 1 to 64 (default: 1)
  --help       this text

Writes out/demo/said.wav, heard.wav and timeline.svg of the first call.`;

/** Reads the command line; undefined asks for help. Throws TypeError or RangeError for what cannot be used. */
export function readOptions(args: string[]): DemoOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      wav: { type: "string", default: SAMPLE },
      calls: { type: "string", default: "1" },
      shards: { type: "string", default: "1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    wav: values.wav,
    calls: readCount("--calls", values.calls, 200),
    shards: readCount("--shards", values.shards, 64),
  };
}

function readCount(name: string, text: string, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new RangeError(
    `${name} must be an integer from 1 to ${most}, got ${text}`,
  );
}
