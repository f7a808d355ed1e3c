import { runProgram } from "../run_program.ts";
import type { SiteNode } from "../site.ts";
import type { Files, Problem } from "../target.ts";

const LOOPBACK = /^(127\.|::1$|localhost$)/;
/** A question would wait for an answer for ever. */
const SSH = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"];
const DENO_VERSION = "2.9.6";

/** Runs a shell script on a node's host, as root; resolves with its output. */
export async function runOnHost(
  node: SiteNode,
  script: string,
  options: { readonly input?: string; readonly stop?: AbortSignal } = {},
): Promise<string> {
  if (LOOPBACK.test(node.host)) {
    return await runProgram(["sh", "-c", script], options);
  }
  const command = node.sshUser ? `sudo -n sh -c ${quoted(script)}` : script;
  return await runProgram([...commandFor(node), command], options);
}

/** What keeps a node's host from being installed on. */
export async function reachHost(node: SiteNode): Promise<Problem[]> {
  try {
    const said = await runOnHost(
      node,
      "command -v systemctl; command -v tar; deno --version 2>&1 || true",
    );
    const problems: Problem[] = [];
    for (const program of ["systemctl", "tar"]) {
      if (said.includes(`/${program}`)) continue;
      problems.push({
        what: `${node.host} has no ${program}`,
        cure: `apt-get install ${program === "tar" ? "tar" : "systemd"} there`,
      });
    }
    if (!said.includes(`deno ${DENO_VERSION} `)) {
      problems.push({
        what: `${node.host} has no Deno ${DENO_VERSION}`,
        cure:
          `put it to /usr/local/bin/deno there: npm install -g deno@${DENO_VERSION}`,
      });
    }
    return problems;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const user = node.sshUser ? `${node.sshUser}@` : "";
    return [{
      what: `${node.host} cannot be reached: ${why}`,
      cure:
        `make this work without a question: ssh ${user}${node.host} true (with sshUser also: sudo -n true)`,
    }];
  }
}

/** Sends a node's sources and files, and runs the script that installs them. Nothing of it is ever on a command line. */
export async function sendToHost(
  node: SiteNode,
  { app, files, script, args, stop }: {
    /** The directory with the sources. */
    readonly app: string;
    readonly files: Files;
    readonly script: string;
    readonly args: readonly string[];
    readonly stop?: AbortSignal;
  },
): Promise<void> {
  const bundle = await Deno.makeTempDir({ dir: `${app}/../..` });
  try {
    await runProgram(["cp", "-r", app, `${bundle}/app`]);
    for (const [path, text] of files) {
      await Deno.writeTextFile(`${bundle}/${path}`, text, { mode: 0o600 });
    }
    const install = ["sh", "-c", script, "install", ...args];
    const remote = install.map(quoted).join(" ");
    const command = LOOPBACK.test(node.host)
      ? remote
      : [...commandFor(node), node.sshUser ? `sudo -n ${remote}` : remote]
        .map(quoted).join(" ");
    await runProgram([
      "sh",
      "-c",
      `tar -c --owner=0 --group=0 -C "$0" . | ${command}`,
      bundle,
    ], { stop });
  } finally {
    await Deno.remove(bundle, { recursive: true });
  }
}

function commandFor({ host, sshUser }: SiteNode): string[] {
  return [...SSH, sshUser ? `${sshUser}@${host}` : host];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
