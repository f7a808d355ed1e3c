import type { Site } from "./site.ts";
import type { Problem } from "./target.ts";

/** Secrets of a site, by the server's variable; and references that lead nowhere. */
export interface ReadSecrets {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** Follows the references of a site's secrets, the address of an external Redis included. */
export async function readSecrets(site: Site): Promise<ReadSecrets> {
  const references = { ...site.secrets };
  if (site.redis.mode === "external") references.REDIS_URL = site.redis.url;
  const values: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const [name, reference] of Object.entries(references)) {
    const found = await followReference(reference);
    if ("value" in found) values[name] = found.value;
    else problems.push({ ...found, what: `${name}: ${found.what}` });
  }
  return { values, problems };
}

/** What a reference leads to, without spaces at its ends; or why it leads nowhere. */
export async function followReference(
  reference: string,
): Promise<{ readonly value: string } | Problem> {
  const rest = reference.slice(reference.indexOf(":") + 1);
  if (reference.startsWith("env:")) {
    const value = Deno.env.get(rest)?.trim();
    if (value) return { value };
    return {
      what: `the environment variable ${rest} is not set`,
      cure: `export ${rest}=… in the shell that deploys`,
    };
  }
  try {
    const value = (await Deno.readTextFile(rest)).trim();
    if (value !== "" && !/[\0\r\n]/.test(value)) return { value };
    return {
      what: `${rest} must hold one line`,
      cure: "write the secret into it, and nothing else",
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      what: `${rest} cannot be read: ${why}`,
      cure: "make the file, readable by you alone (chmod 600)",
    };
  }
}
