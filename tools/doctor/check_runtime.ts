import { type Finding, problem, warning, well } from "./finding.ts";
import type { Patient } from "./patient.ts";
import { wordsOf } from "./printable.ts";

/** The version that everything is tested with. */
const TESTED = "2.9.6";
const NEEDED = ["net", "env", "read", "sys"];
const FFI = "--allow-ffi";

/** Deno's version, and the permissions that the task `start` gives. */
export function checkRuntime(patient: Patient): Promise<Finding[]> {
  const findings = [checkVersion(Deno.version.deno)];
  const { startFlags } = patient;
  const missing = startFlags.includes("--allow-all") ? [] : NEEDED.filter(
    (name) => !startFlags.some((flag) => flag.startsWith(`--allow-${name}`)),
  );
  if (missing.length > 0) {
    findings.push(problem(
      `the task "start" lacks ${
        missing.map((name) => `--allow-${name}`).join(", ")
      }`,
      "put it back into deno.json",
    ));
  } else {
    findings.push(well(`the task "start" has the permissions it needs`));
  }
  const how = patient.config?.mediaIo ?? "auto";
  findings.push(checkMediaIo(how, findLibc(startFlags)));
  return Promise.resolve(findings);
}

/** Judges a version of Deno. */
export function checkVersion(version: string): Finding {
  if (version === TESTED) return well(`Deno ${version}`);
  const numbers = (text: string) => text.split(".").map(Number);
  const [major, minor] = numbers(version);
  const [testedMajor, testedMinor] = numbers(TESTED);
  const older = major < testedMajor ||
    major === testedMajor && minor < testedMinor;
  const what = `Deno ${version}; everything is tested with ${TESTED}`;
  const todo = `use npx -y deno@${TESTED}`;
  return older ? problem(what, todo) : warning(what, todo);
}

/** Judges whether datagrams can be read in the way that is asked for; `libc` is the path, or why there is none. */
export function checkMediaIo(
  how: "auto" | "poll" | "async",
  libc: { readonly path: string } | { readonly why: string },
): Finding {
  if (how === "async") return well("MEDIA_IO=async needs no C library");
  if ("path" in libc) return well(`the C library can be loaded: ${libc.path}`);
  const what = `the C library cannot be loaded: ${libc.why}`;
  return how === "poll"
    ? problem(what, "set MEDIA_IO=auto, or add its path to --allow-ffi")
    : warning(
      `${what}; Deno's own sockets are used, which cost more`,
      "add its path to --allow-ffi of the task start",
    );
}

function findLibc(
  startFlags: readonly string[],
): { path: string } | { why: string } {
  const flag = startFlags.find((each) => each.startsWith(`${FFI}=`));
  if (flag === undefined) return { why: `the task "start" has no ${FFI}` };
  let why = "no path of --allow-ffi exists";
  for (const path of flag.slice(FFI.length + 1).split(",")) {
    try {
      Deno.dlopen(path, { epoll_wait: EPOLL_WAIT }).close();
      return { path };
    } catch (error) {
      if (exists(path)) why = wordsOf(error);
    }
  }
  return { why };
}

const EPOLL_WAIT = {
  parameters: ["i32", "buffer", "i32", "i32"],
  result: "i32",
} as const;

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
