import { TextLineStream } from "../../../tools/text_lines.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
/** What a deploy reads. It gets a copy, since it notices every change of the tree. */
const TREE = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "src",
  "workers",
  "tools",
  "assets",
  "deploy",
  "freeswitch",
];
const FLAGS = [
  "--unstable-net",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-sys",
];

/** How a deploy ended. */
export interface DeployResult {
  readonly code: number;
  readonly said: string;
}

/** `deno task deploy` in a directory of its own, which is removed in the end. */
export interface DeployRig {
  readonly directory: string;
  /** Writes a site file and gives its path. */
  site(text: string): string;
  /** Runs a deploy to its end. `onLine` gets what it says, and the process. */
  deploy(
    args: readonly string[],
    options?: {
      readonly environment?: Readonly<Record<string, string>>;
      readonly onLine?: (line: string, child: Deno.ChildProcess) => void;
    },
  ): Promise<DeployResult>;
}

/** Runs `body` with a rig, and takes down whatever local cluster it started. */
export async function withDeploys(
  body: (rig: DeployRig) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const tree = await copyTree();
  let sites = 0;
  const rig: DeployRig = {
    directory,
    site: (text) => {
      const path = `${directory}/site${++sites}.yaml`;
      Deno.writeTextFileSync(path, text);
      return path;
    },
    deploy: async (args, { environment = {}, onLine = () => {} } = {}) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          ...FLAGS,
          `${tree}/tools/deploy.ts`,
          "--out",
          directory,
          ...args,
        ],
        env: { NO_COLOR: "1", ...environment },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const lines: string[] = [];
      const read = async (stream: ReadableStream<Uint8Array>) => {
        for await (const line of stream.pipeThrough(new TextLineStream())) {
          lines.push(line);
          onLine(line, child);
        }
      };
      const [{ code }] = await Promise.all([
        child.status,
        read(child.stdout),
        read(child.stderr),
      ]);
      return { code, said: lines.join("\n") };
    },
  };
  try {
    await body(rig);
  } finally {
    await rig.deploy(["--target", "local", "--down"]);
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(tree, { recursive: true });
  }
}

async function copyTree(): Promise<string> {
  const tree = await Deno.makeTempDir();
  const { success } = await new Deno.Command("cp", {
    args: ["-r", ...TREE.map((path) => ROOT + path), tree],
  }).output();
  if (success) return tree;
  await Deno.remove(tree, { recursive: true });
  throw new Error("The tree could not be copied");
}
