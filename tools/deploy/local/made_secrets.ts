import { readIfThere, writeAtomically } from "../atomic_file.ts";
import type { Site } from "../site.ts";

/** The simulated FreeSWITCH of a local cluster, or a real one on this machine. */
const SWITCH = { name: "local", host: "127.0.0.1", eslPort: 8021 };

/**
 * A site as it is on this machine: FreeSWITCH is here too, and what must be
 * secret and has no reference is made once and kept in `state`/made, readable
 * by the deployer alone.
 */
export async function withMadeSecrets(
  site: Site,
  state: string,
): Promise<Site> {
  const directory = `${state}/made`;
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const made = async (name: string, prefix: string, lengthBytes: number) => {
    const path = `${directory}/${name}`;
    if (await readIfThere(path) === undefined) {
      const bytes = crypto.getRandomValues(new Uint8Array(lengthBytes));
      await writeAtomically(path, `${prefix}${bytes.toHex()}\n`, 0o600);
    }
    return `file:${path}`;
  };
  const password = await made("freeswitch_password", "", 16);
  const passwords = {
    eslPassword: password,
    webPassword: password,
    trunkPassword: password,
  };
  return {
    ...site,
    freeswitch: [{ ...SWITCH, ...passwords }],
    secrets: {
      SESSION_KEYS: await made("session_keys", "local:", 32),
      ...site.secrets,
    },
  };
}
