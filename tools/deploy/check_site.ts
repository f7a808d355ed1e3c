import { checkSettings } from "./check_settings.ts";
import { findProgram } from "./find_program.ts";
import { nodeSettings } from "./node_settings.ts";
import { readSecrets } from "./secrets.ts";
import { checkSwitchPasswords } from "./switch_passwords.ts";
import type { Site } from "./site.ts";
import type { DeployContext, Problem } from "./target.ts";

/** What every target needs that is not only this machine: programs, FreeSWITCH, secrets, settings that the server takes. */
export async function checkSite(
  { site, root }: DeployContext,
  programs: readonly string[],
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const program of programs) {
    if (await findProgram(program)) continue;
    problems.push({
      what: `${program} is not installed`,
      cure: "install it, or deploy from a machine that has it",
    });
  }
  if (site.freeswitch.length === 0) {
    problems.push({
      what:
        "freeswitch lists no host, so that nodes would take calls from nobody",
      cure: "add one to the site",
    });
  }
  if (site.model === "simulator") {
    problems.push({
      what: "model: simulator is for --target local",
      cure: "set model: stepfun and secrets.STEPFUN_API_KEY",
    });
  }
  problems.push(...await checkSwitchPasswords(site));
  problems.push(...checkSessionKeys(site));
  const { values, problems: missing } = await readSecrets(site);
  problems.push(...missing);
  for (const [name, value] of Object.entries(values)) {
    if (!value.includes("'")) continue;
    problems.push({
      what: `${name} has an apostrophe, which files of variables cannot hold`,
      cure: "use another secret",
    });
  }
  const settings = {
    ...nodeSettings(site, site.nodes[0]),
    ...site.assistantsFile && { ASSISTANTS_FILE: site.assistantsFile },
    // One that is missing was reported; it is not to be reported twice.
    ...Object.fromEntries(
      Object.keys(site.secrets).map((name) => [name, "0"]),
    ),
    ...values,
  };
  const wrong = checkSettings(settings, root).filter(({ what }) =>
    !missing.some((each) => each.what.startsWith(what.split(" ")[0]))
  );
  return [...problems, ...wrong];
}

/** Nodes would find each other's calls, but not what was said in them. */
function checkSessionKeys({ redis, secrets }: Site): Problem[] {
  if (redis.mode === "none" || secrets.SESSION_KEYS) return [];
  return [{
    what:
      "secrets has no SESSION_KEYS: a call that changes its node goes on without its history",
    cure: "file:/path of one line, id:KEY; openssl rand -hex 32 makes the KEY",
    mayStand: true,
  }];
}
