import { runShell } from "../capacity/process_usage.ts";
import { type Finding, problem, warning, well } from "./finding.ts";
import type { Patient } from "./patient.ts";

/** Files of a call: event socket, audio socket, the model's socket. */
const FILES_PER_CALL = 3;
/** Files that the server has open without any call. */
const SPARE_FILES = 150;
const DEFAULT_CONNECTIONS = 1000;
/** About a second of frames, each with what the kernel adds to it. */
const LEAST_BUFFER_BYTES = 65_536;

/** What the kernel allows. */
export interface KernelLimits {
  readonly softFiles: number;
  readonly hardFiles: number;
  /** Bytes that a UDP socket may hold, unless it asks for more. */
  readonly receiveBufferBytes: number;
  /** The kernel's own ports for sockets that name none. */
  readonly ephemeralPorts: readonly [first: number, last: number];
  /** Datagrams that were dropped for want of room, since the machine started. */
  readonly droppedDatagrams: number;
}

/** Deno lets a program read /proc only with every permission there is, so a shell reads it. */
const SCRIPT = `ulimit -Sn; ulimit -Hn; cat /proc/sys/net/core/rmem_default
cat /proc/sys/net/ipv4/ip_local_port_range; grep '^Udp:' /proc/net/snmp`;

/** Open files, UDP buffers and ports of this machine. */
export async function checkLimits(patient: Patient): Promise<Finding[]> {
  const { config, options } = patient;
  if (Deno.build.os !== "linux") {
    return [warning(
      `limits are not looked at on ${Deno.build.os}`,
      "run the server on Linux in production",
    )];
  }
  return judgeLimits(parseLimits(await runShell(SCRIPT)), {
    calls: config?.maxConnections ?? DEFAULT_CONNECTIONS,
    rtpPorts: options.rtpPorts,
  });
}

/** Reads what the shell prints. Throws TypeError when something is missing. */
export function parseLimits(text: string): KernelLimits {
  const [soft, hard, buffer, ports, names, values] = text.split("\n");
  const column = names?.split(" ").indexOf("RcvbufErrors") ?? -1;
  const limits = {
    softFiles: fileLimit(soft),
    hardFiles: fileLimit(hard ?? ""),
    receiveBufferBytes: Number(buffer),
    ephemeralPorts: (ports ?? "").trim().split(/\s+/).map(Number) as [
      number,
      number,
    ],
    droppedDatagrams: Number(values?.split(" ")[column] ?? 0),
  };
  const numbers = [Object.values(limits)].flat(2);
  if (numbers.length === 6 && !numbers.some(Number.isNaN)) return limits;
  throw new TypeError("Cannot read the kernel's limits in /proc");
}

/** Judges them for so many calls. */
export function judgeLimits(
  limits: KernelLimits,
  need: { readonly calls: number; readonly rtpPorts: readonly number[] },
): Finding[] {
  return [
    judgeFiles(limits, need.calls),
    judgeBuffer(limits),
    ...judgePorts(limits, need),
  ];
}

function fileLimit(word: string): number {
  return word.trim() === "unlimited" ? Infinity : Number(word || NaN);
}

function judgeFiles(
  { softFiles, hardFiles }: KernelLimits,
  calls: number,
): Finding {
  const files = SPARE_FILES + FILES_PER_CALL * calls;
  const what = `${softFiles} open files are allowed here; ${calls} calls ` +
    `(MAX_CONNECTIONS) need ${files}`;
  if (softFiles >= files) return well(what);
  const how = hardFiles >= files
    ? `ulimit -n ${files} before the start`
    : `raise the hard limit to ${files}`;
  return problem(
    what,
    `${how} (LimitNOFILE of systemd, --ulimit nofile of docker), or lower MAX_CONNECTIONS to ${
      Math.max(1, Math.floor((softFiles - SPARE_FILES) / FILES_PER_CALL))
    }`,
  );
}

function judgeBuffer(
  { receiveBufferBytes, droppedDatagrams }: KernelLimits,
): Finding {
  const what = `a UDP socket holds ${receiveBufferBytes} bytes`;
  if (receiveBufferBytes < LEAST_BUFFER_BYTES) {
    return problem(what, "sysctl -w net.core.rmem_default=212992");
  }
  if (droppedDatagrams === 0) return well(`${what}; none was dropped so far`);
  return warning(
    `${what}; ${droppedDatagrams} datagrams of all programs were dropped since the machine started`,
    "when the number grows during calls: fewer calls, or sysctl -w net.core.rmem_default=1048576",
  );
}

function judgePorts(
  { ephemeralPorts: [first, last] }: KernelLimits,
  { calls, rtpPorts: [rtpFirst, rtpLast] }: {
    readonly calls: number;
    readonly rtpPorts: readonly number[];
  },
): Finding[] {
  const what = `the kernel's own ports are ${first} to ${last}`;
  const findings: Finding[] = [];
  if (first <= rtpLast && rtpFirst <= last) {
    findings.push(problem(
      `${what} and overlap FreeSWITCH's RTP ports ${rtpFirst} to ${rtpLast}`,
      `sysctl -w net.ipv4.ip_local_port_range="${rtpLast + 1} 60999"`,
    ));
  }
  // Audio and the model's connection take one each.
  if (last - first + 1 < 2 * calls) {
    findings.push(problem(
      `${what}, too few for ${calls} calls`,
      `sysctl -w net.ipv4.ip_local_port_range="32768 60999"`,
    ));
  }
  return findings.length > 0 ? findings : [well(
    `${what}, apart from FreeSWITCH's RTP ports ${rtpFirst} to ${rtpLast}`,
  )];
}
