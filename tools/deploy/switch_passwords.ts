import { followReference } from "./secrets.ts";
import type { Site } from "./site.ts";
import type { Problem } from "./target.ts";

/** FreeSWITCH's passwords: the variable of vapi_vars.xml, the site's field, and what stands for it in a release. */
export const SWITCH_PASSWORDS = [
  {
    variable: "vapi_esl_password",
    field: "eslPassword",
    placeholder: "${ESL_PASSWORD}",
  },
  {
    variable: "vapi_web_password",
    field: "webPassword",
    placeholder: "${WEB_PASSWORD}",
  },
  {
    variable: "vapi_trunk_password",
    field: "trunkPassword",
    placeholder: "${TRUNK_PASSWORD}",
  },
] as const;

/** What FreeSWITCH's preprocessor and XML take as it is. */
const PASSWORD = /^[0-9A-Za-z_.~+/=-]{16,128}$/;

/** Every password that would stay the template's, cannot be had, or is none that FreeSWITCH should get. */
export async function checkSwitchPasswords(site: Site): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const own of site.freeswitch) {
    for (const { variable, field } of SWITCH_PASSWORDS) {
      const where = `${own.name}: ${variable}`;
      const reference = own[field];
      if (reference === undefined) {
        problems.push({
          what: `${where} would stay CHANGE-ME`,
          cure:
            `give freeswitch ${own.name} ${field}: env:NAME or file:/path; openssl rand -hex 16 makes one`,
        });
        continue;
      }
      const found = await followReference(reference);
      if (!("value" in found)) {
        problems.push({ ...found, what: `${where}: ${found.what}` });
      } else if (!PASSWORD.test(found.value)) {
        problems.push({
          what: `${where} must be 16 to 128 of 0-9 A-Z a-z _ . ~ + / = -`,
          cure: "make one with: openssl rand -hex 16",
        });
      }
    }
  }
  return problems;
}
