import { parseArgs } from "node:util";

/** Checks by their names, in the order in which they run. */
export const CHECK_NAMES = [
  "configuration",
  "runtime",
  "limits",
  "ports",
  "redis",
  "functions",
  "freeswitch",
  "model",
] as const;

/** The name of a check. */
export type CheckName = typeof CHECK_NAMES[number];

/** What the doctor is asked to do. */
export interface DoctorOptions {
  readonly envFile?: string;
  readonly liveAudio: boolean;
  readonly json: boolean;
  readonly only: readonly CheckName[];
  /** Undefined: nobody named one, so that none there is no problem. */
  readonly fsHost?: string;
  readonly fsPort: number;
  readonly fsPassword?: string;
  readonly fsProfile: string;
  /** FreeSWITCH's RTP ports. */
  readonly rtpPorts: readonly [first: number, last: number];
}

/** What `--help` prints. */
export const USAGE = `deno task doctor [options]

Says why calls are not served: settings, this machine, Redis, FreeSWITCH and the
speech model, a line for each finding. Asks the model for one short answer.

  --env-file FILE      settings, as for "deno task --env-file=FILE start";
                       what the environment has set already counts more
  --only LIST          only these checks: ${CHECK_NAMES.slice(0, 4).join(",")},
                       ${CHECK_NAMES.slice(4).join(",")}
  --fs-host HOST       FreeSWITCH's own event socket (default: 127.0.0.1)
  --fs-port N          its port (default: 8021)
  --fs-password TEXT   its password; better: the variable FS_ESL_PASSWORD,
                       since others see a command line (default: ClueCon)
  --fs-profile NAME    SIP profile that must run (default: uap9600)
  --rtp-ports A-B      FreeSWITCH's RTP ports (default: 16384-32767)
  --live-audio         speak known sentences to StepFun at 16 and 24 kHz, to see
                       which STEPFUN_INPUT_RATE it wants; two sessions of some
                       15 s each, which cost money
  --json               one JSON object
  --help               this text

Exit code: 0 no problem, 1 a problem, 2 options that cannot be used, 130 Ctrl-C.`;

/** Reads the command line; undefined asks for help. Throws TypeError or RangeError for what cannot be used. */
export function readOptions(args: string[]): DoctorOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      "env-file": { type: "string" },
      only: { type: "string", default: CHECK_NAMES.join(",") },
      "fs-host": { type: "string" },
      "fs-port": { type: "string", default: "8021" },
      "fs-password": { type: "string" },
      "fs-profile": { type: "string", default: "uap9600" },
      "rtp-ports": { type: "string", default: "16384-32767" },
      "live-audio": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    envFile: values["env-file"],
    liveAudio: values["live-audio"],
    json: values.json,
    only: readNames(values.only),
    fsHost: readWord("--fs-host", values["fs-host"]),
    fsPort: readPort("--fs-port", values["fs-port"]),
    fsPassword: readWord("--fs-password", values["fs-password"]),
    fsProfile: readWord("--fs-profile", values["fs-profile"])!,
    rtpPorts: readRange("--rtp-ports", values["rtp-ports"]),
  };
}

function readNames(text: string): CheckName[] {
  return text.split(",").map((word) => {
    const found = CHECK_NAMES.find((name) => name === word.trim());
    if (found !== undefined) return found;
    throw new RangeError(
      `--only must list ${CHECK_NAMES.join(", ")}, got "${word}"`,
    );
  });
}

/** A space or a line break would be another command on the event socket. */
function readWord(name: string, text: string | undefined) {
  if (text === undefined || /^[\x21-\x7e]{1,253}$/.test(text)) return text;
  throw new TypeError(`${name} must be printable ASCII without spaces`);
}

function readPort(name: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new RangeError(`${name} must be a port from 1 to 65535, got "${text}"`);
}

function readRange(name: string, text: string): [number, number] {
  const [first, last, ...rest] = text.split("-");
  const range: [number, number] = [
    readPort(name, first),
    readPort(name, last ?? ""),
  ];
  if (rest.length === 0 && range[0] <= range[1]) return range;
  throw new RangeError(`${name} must be two ports like 16384-32767`);
}
