import assert from "node:assert/strict";
import { TextLineStream } from "../../tools/text_lines.ts";

/** A program of a Debian package. */
export interface DebianTool {
  /** Its names, here and elsewhere; the first one that is found is run. */
  readonly names: readonly string[];
  readonly debianPackage: string;
}

/** Prometheus' tool for configurations and rules. */
export const PROMTOOL: DebianTool = {
  names: ["promtool"],
  debianPackage: "prometheus",
};
/** Prometheus itself. */
export const PROMETHEUS: DebianTool = {
  names: ["prometheus"],
  debianPackage: "prometheus",
};
/** Alertmanager's tool for configurations. */
export const AMTOOL: DebianTool = {
  names: ["amtool"],
  debianPackage: "prometheus-alertmanager",
};
/** Alertmanager itself. */
export const ALERTMANAGER: DebianTool = {
  names: ["prometheus-alertmanager", "alertmanager"],
  debianPackage: "prometheus-alertmanager",
};

/** Longer than any of them takes to start on a busy machine. */
const DEADLINE_MS = 60_000;

/**
 * A test that needs a tool: it is skipped, and its name says why, where the
 * tool is not installed; with REQUIRE_TOOLS=1 it fails there.
 */
export function testWithTool(
  tool: DebianTool,
  name: string,
  body: (command: string) => Promise<void>,
): void {
  testWithTools([tool], name, ([command]) => body(command));
}

/** The same for a test that needs several tools. */
export function testWithTools(
  tools: readonly DebianTool[],
  name: string,
  body: (commands: readonly string[]) => Promise<void>,
): void {
  const missing = tools.filter((tool) => findCommand(tool) === undefined)
    .map(({ names, debianPackage }) =>
      `${names[0]} is missing: apt-get install ${debianPackage}`
    ).join("; ");
  const isRequired = Deno.env.get("REQUIRE_TOOLS") === "1";
  Deno.test({
    name: missing === "" ? name : `${name} (${missing})`,
    ignore: missing !== "" && !isRequired,
    fn: async () => {
      assert.equal(missing, "");
      await body(tools.map((tool) => findCommand(tool)!));
    },
  });
}

/** Runs a tool to its end and fails with its output unless that is code 0. */
export async function runTool(
  command: string,
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  assert.equal(code, 0, output);
  return output;
}

/** A server that runs until it is disposed of. */
export interface RunningTool extends AsyncDisposable {
  readonly url: string;
}

/** Starts a server of Prometheus' family and resolves when it listens; its address must have port 0. */
export async function startTool(
  command: string,
  args: readonly string[],
): Promise<RunningTool> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said: string[] = [];
  const listening = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => listening.reject(new Error(`It never listened: ${said.join("\n")}`)),
    DEADLINE_MS,
  );
  const reading = (async () => {
    const lines = child.stderr.pipeThrough(new TextLineStream());
    for await (const line of lines) {
      said.push(line);
      const found = /msg="Listening on" address=(\S+)/.exec(line);
      if (found !== null) listening.resolve(found[1]);
    }
    listening.reject(new Error(`It ended: ${said.join("\n")}`));
  })();
  async function stop() {
    clearTimeout(timer);
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await Promise.all([child.status, reading]);
  }
  try {
    const address = await listening.promise;
    clearTimeout(timer);
    return { url: `http://${address}`, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function findCommand(tool: DebianTool): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const name of tool.names) {
    for (const folder of folders) {
      const path = `${folder}/${name}`;
      if (isFile(path)) return path;
    }
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
