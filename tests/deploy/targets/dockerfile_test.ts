import assert from "node:assert/strict";
import { dirname } from "node:path/posix";
import { APP_PATHS } from "../../../tools/deploy/app_files.ts";
import { startFlags } from "../../../tools/start_flags.ts";
import { TextLineStream } from "../../../tools/text_lines.ts";
import { execForm, readDockerfile, readDockerignore } from "./dockerfile.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const read = (path: string) => Deno.readTextFileSync(`${ROOT}${path}`);
const DOCKERFILE = readDockerfile(read("Dockerfile"));
const isIn = readDockerignore(read(".dockerignore"));

const of = (name: string) =>
  DOCKERFILE.filter((each) => each.name === name).map(({ rest }) => rest);
const entry = execForm(of("ENTRYPOINT")[0]);
/** Of the sources that are copied from the build's context. */
const copies = of("COPY").filter((rest) => !rest.startsWith("--from")).map(
  (rest) => rest.split(/\s+/),
);

Deno.test("the image's permissions are those of the task start", () => {
  const flags = startFlags(read("deno.json"));
  const secondary = /^--(cached-only|frozen|no-code-cache|env-file=.*)$/;
  const own = entry.slice(2, -1).filter((flag) => !secondary.test(flag));
  assert.deepEqual(own, flags);
  assert.equal(entry.at(-1), "main.ts");
});

Deno.test("the image has Deno in the version that CI runs", () => {
  const version = /deno@(\d+\.\d+\.\d+)/.exec(read(".ci/run"))?.[1];
  assert.match(of("ARG")[0], new RegExp(`^DENO_IMAGE=.*:${version}$`));
});

Deno.test("the image runs as nobody in particular, and its commands need no shell", () => {
  assert.match(of("USER").at(-1)!, /^[1-9]\d{3,}:[1-9]\d{3,}$/);
  for (
    const rest of [...of("RUN"), ...of("ENTRYPOINT"), ...of("HEALTHCHECK")]
  ) {
    assert.equal(execForm(rest)[0], "deno", rest);
  }
  assert.deepEqual(of("ADD"), []);
  assert.equal(of("STOPSIGNAL")[0], "SIGTERM");
});

Deno.test("what the image copies is what a deploy copies", () => {
  const sources = copies.flatMap((words) => words.slice(0, -1));
  const own = sources.filter((path) => path !== "tools/deploy/health_check.ts");
  assert.deepEqual(own.toSorted(), [...APP_PATHS].toSorted());
});

Deno.test("the build is given no secret, no test, no history and no simulator", () => {
  for (const path of [".env", ".git/config", "deploy/site.yaml", "out/a"]) {
    assert.equal(isIn(path), false, path);
  }
  assert.equal(isIn("src/simulator/wav.ts"), false);
  assert.equal(isIn("tests/architecture_test.ts"), false);
  assert.equal(isIn("src/errors.ts"), true);
});

async function copyContext(into: string): Promise<void> {
  for (const words of copies) {
    const to = `${into}/${words.at(-1)}`;
    for (const path of words.slice(0, -1)) await copy(path, path, to);
  }
}

async function copy(path: string, top: string, to: string): Promise<void> {
  if (!isIn(path) && !["src", "tools"].includes(path)) return;
  const { isDirectory } = await Deno.stat(`${ROOT}${path}`);
  if (isDirectory) {
    for await (const { name } of Deno.readDir(`${ROOT}${path}`)) {
      await copy(`${path}/${name}`, top, to);
    }
    return;
  }
  const inner = path === top ? path.split("/").at(-1)! : path.slice(top.length);
  await Deno.mkdir(dirname(`${to}/${inner}`), { recursive: true });
  await Deno.copyFile(`${ROOT}${path}`, `${to}/${inner}`);
}

async function run(words: readonly string[], options: Deno.CommandOptions) {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: words.slice(1),
    ...options,
  }).output();
  return { code, errors: new TextDecoder().decode(stderr) };
}

Deno.test("the image's commands build, run, answer for their health and stop with 0 in a directory that has nothing else", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await copyContext(directory);
    const environment = {
      HOME: directory,
      DENO_DIR: Deno.env.get("DENO_DIR") ??
        `${Deno.env.get("HOME")}/.cache/deno`,
      HTTP_PORT: "0",
      ESL_PORT: "0",
      SHARDS: "1",
      DRAIN_SECONDS: "0",
      HTTP_HOST: "127.0.0.1",
      STEPFUN_URL: "ws://127.0.0.1:9/v1/realtime",
    };
    const options = { cwd: directory, clearEnv: true, env: environment };
    for (const rest of of("RUN")) {
      const { code, errors } = await run(execForm(rest), options);
      assert.equal(code, 0, errors);
    }
    const child = new Deno.Command(Deno.execPath(), {
      ...options,
      args: entry.slice(1),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let port = "";
    const lines = child.stdout.pipeThrough(new TextLineStream());
    for await (const line of lines) {
      const { message, http } = JSON.parse(line);
      if (message !== "The server takes calls") continue;
      port = http.split(":").at(-1);
      const check = execForm(of("HEALTHCHECK")[0]);
      const at = (HTTP_PORT: string) => ({
        ...options,
        env: { ...environment, HTTP_PORT },
      });
      assert.equal((await run(check, at(port))).code, 0);
      assert.equal((await run(check, at("1"))).code, 1);
      child.kill("SIGTERM");
    }
    assert.notEqual(port, "");
    assert.equal((await child.status).code, 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
