import { isIP } from "node:net";
import { ProtocolError, RemoteError } from "../../src/errors.ts";
import { EventSocket } from "./event_socket.ts";
import { type Finding, problem, warning, well } from "./finding.ts";
import { judgeDialplan } from "./judge_dialplan.ts";
import { judgeTransfers } from "./judge_transfers.ts";
import type { Patient } from "./patient.ts";
import { quote, wordsOf } from "./printable.ts";
import { networkList } from "./read_settings.ts";

/** The password of a FreeSWITCH that nobody has configured. */
const PUBLISHED_PASSWORD = "ClueCon";
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_ESL_PORT = 8084;
/** What the server and its dialplan need. */
const MODULES = [
  "mod_event_socket",
  "mod_sofia",
  "mod_dptools",
  "mod_commands",
  "mod_dialplan_xml",
];

/** FreeSWITCH as its own event socket shows it: password, version, modules, profile, dialplan. */
export async function checkFreeSwitch(
  patient: Patient,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { options, environment } = patient;
  const address = {
    host: options.fsHost ?? DEFAULT_HOST,
    port: options.fsPort,
    password: options.fsPassword || environment.FS_ESL_PASSWORD ||
      PUBLISHED_PASSWORD,
  };
  const findings = judgeWay(patient, address.host);
  let socket: EventSocket;
  try {
    socket = await EventSocket.open(address, signal);
  } catch (error) {
    signal.throwIfAborted();
    return [...findings, describeFailure(error, patient)];
  }
  try {
    findings.push(judgePassword(address.password));
    findings.push(...await ask(socket, patient));
  } finally {
    socket.close();
  }
  return findings;
}

function judgePassword(password: string): Finding {
  if (password !== PUBLISHED_PASSWORD) {
    return well("the password is taken, and it is not the published default");
  }
  return warning(
    "the password is the published default; whoever reaches the port has a shell on that host",
    "set vapi_esl_password in vapi_vars.xml, and FS_ESL_PASSWORD here",
  );
}

async function ask(
  socket: EventSocket,
  { options, config }: Patient,
): Promise<Finding[]> {
  const port = config?.esl.port ?? DEFAULT_ESL_PORT;
  return [
    judgeVersion(await socket.api("version")),
    ...judgeModules(await socket.api("show modules")),
    judgeProfile(await socket.api("sofia status"), options.fsProfile),
    ...await socket.api("xml_locate dialplan").then(
      (xml) => [
        ...judgeDialplan(xml, port),
        ...config === undefined ? [] : judgeTransfers(xml, config),
      ],
      (error) => {
        if (!(error instanceof RemoteError)) throw error;
        return [warning(
          `the dialplan cannot be read: ${wordsOf(error)}`,
          `look whether an extension has <action application="socket" data="HOST:${port} async full"/>`,
        )];
      },
    ),
  ];
}

function describeFailure(error: unknown, { options }: Patient): Finding {
  const where = `${options.fsHost ?? DEFAULT_HOST}:${options.fsPort}`;
  if (error instanceof RemoteError) {
    return problem(
      `${where}: ${wordsOf(error)}`,
      error.message.startsWith("access denied")
        ? "put this machine's address on the list of apply-inbound-acl in event_socket.conf.xml"
        : "set FS_ESL_PASSWORD to the password in event_socket.conf.xml",
    );
  }
  if (error instanceof ProtocolError) {
    return problem(
      `${where} is not FreeSWITCH's event socket: ${wordsOf(error)}`,
      "give --fs-host and --fs-port; 8021 is FreeSWITCH's, ESL_PORT is ours",
    );
  }
  const what = `no event socket of FreeSWITCH at ${where}: ${wordsOf(error)}`;
  return options.fsHost === undefined
    ? warning(`${what}; nothing was looked at`, "give --fs-host and --fs-port")
    : problem(what, "start FreeSWITCH, and look at event_socket.conf.xml");
}

/** Judges whether FreeSWITCH at this address can reach the server's event socket. */
export function judgeWay({ config }: Patient, fsHost: string): Finding[] {
  const version = isIP(fsHost);
  if (config === undefined || version === 0) return [];
  const findings: Finding[] = [];
  const { host, allow } = config.esl;
  if (!isLoopback(fsHost) && (isLoopback(host) || host === "localhost")) {
    findings.push(problem(
      `FreeSWITCH at ${fsHost} cannot reach ESL_HOST=${host}`,
      "set ESL_HOST to an address of this machine that FreeSWITCH reaches",
    ));
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  if (!networkList(allow).check(fsHost, family)) {
    findings.push(problem(
      `ESL_ALLOW=${allow.join(",")} does not let FreeSWITCH at ${fsHost} in`,
      `add ${fsHost} to ESL_ALLOW`,
    ));
  }
  return findings;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function judgeVersion(text: string): Finding {
  const version = /\d+\.\d+(\.\d+)?[^\s]*/.exec(text)?.[0];
  if (version === undefined) {
    return warning(`its version is not known: ${quote(text)}`, "look at it");
  }
  const [major, minor] = version.split(".").map(Number);
  const what = `FreeSWITCH ${quote(version)}`;
  return major > 1 || major === 1 && minor >= 10
    ? well(what)
    : warning(what, "1.10 or later is what the configuration is written for");
}

function judgeModules(text: string): Finding[] {
  const missing = MODULES.filter((name) =>
    !new RegExp(`\\b${name}\\b`).test(text)
  );
  if (missing.length === 0) return [well("the modules are loaded")];
  return missing.map((name) =>
    problem(
      `${name} is not loaded`,
      `fs_cli -x 'load ${name}', and add it to modules.conf.xml`,
    )
  );
}

function judgeProfile(text: string, name: string): Finding {
  const words = text.split("\n").map((line) => line.trim().split(/\s+/));
  const row = words.find((line) => line[0] === name && line[1] === "profile");
  const todo =
    `fs_cli -x 'sofia profile ${name} start'; the log says why it does not, mostly an address that is not this host's or a port that is taken`;
  if (row === undefined) return problem(`there is no profile ${name}`, todo);
  return row.includes("RUNNING")
    ? well(`the profile ${name} runs: ${quote(row[2] ?? "")}`)
    : problem(`the profile ${name} is ${quote(row.slice(3).join(" "))}`, todo);
}
