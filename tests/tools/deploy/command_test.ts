import assert from "node:assert/strict";
import { FileLock } from "../../../tools/deploy/file_lock.ts";
import { withDeploys } from "./deploy_rig.ts";

const LOCAL = ["--target", "local"];
const NODES = "nodes: [{name: node1, host: 127.0.0.1}]";

Deno.test("a command line that cannot be used is refused with every mistake", async () => {
  await withDeploys(async ({ deploy }) => {
    const args = ["--target", "moon", "--check", "--down", "--canary", "0"];
    const { code, said } = await deploy([...args, "--only", "redis"]);
    assert.equal(code, 2);
    assert.match(said, /--target must be one of compose, kubernetes/);
    assert.match(said, /--check and --down cannot go together/);
    assert.match(said, /--canary must be 1 to 99, got 0/);
    assert.match(said, /--only must list nodes/);
  });
});

Deno.test("a site that is not there is refused with how to begin", async () => {
  await withDeploys(async ({ deploy, directory }) => {
    const site = `${directory}/none.yaml`;
    const { code, said } = await deploy([...LOCAL, "--site", site]);
    assert.equal(code, 2);
    assert.match(
      said,
      /none\.yaml is not there.*cp deploy\/site\.example\.yaml/,
    );
  });
});

Deno.test("everything that stands in the way is said at once: tools, ports, secrets, settings", async () => {
  await withDeploys(async ({ deploy, site }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const path = site(`nodes: [{name: node1, host: 127.0.0.1, eslPort: ${port}}]
secrets: {STEPFUN_API_KEY: env:NO_SUCH_KEY, SESSION_KEYS: file:/no/such/file}
settings: {MAX_CALL_SECONDS: 0}
assistantsFile: no/such/file.json
`);
    const { code, said } = await deploy([...LOCAL, "--check", "--site", path], {
      environment: { PATH: "/nowhere" },
    });
    assert.equal(code, 2);
    assert.match(said, new RegExp(`port ${port} of node1 is taken`));
    assert.match(
      said,
      /redis-server is not installed\n.*apt-get install redis/,
    );
    assert.match(said, /STEPFUN_API_KEY: the environment variable NO_SUCH_KEY/);
    assert.match(said, /SESSION_KEYS: \/no\/such\/file cannot be read/);
    assert.match(said, /MAX_CALL_SECONDS must be an integer/);
    assert.match(said, /ASSISTANTS_FILE/);
  });
});

Deno.test("a program that is missing is named with its Debian package and the way without", async () => {
  const { findParts } = await import("../../../tools/deploy/local/parts.ts");
  const { problems } = await findParts(
    ["redis"],
    () => Promise.resolve(undefined),
  );
  assert.match(problems[0].what, /redis-server is not installed/);
  assert.match(
    problems[0].cure,
    /apt-get install redis-server, or .*--only nodes/,
  );
});

Deno.test("a second deploy is refused while one runs, and says which", async () => {
  await withDeploys(async ({ deploy, directory }) => {
    await Deno.mkdir(`${directory}/local`);
    const lock = await FileLock.tryTake(`${directory}/local/lock`);
    const { code, said } = await deploy([...LOCAL, "--check"]);
    assert.equal(code, 2);
    assert.match(
      said,
      new RegExp(`another deploy runs here: process ${Deno.pid}`),
    );
    lock!.release();
  });
});

Deno.test("a dry run shows the files that would come, starts nothing, and exits with 0", async () => {
  await withDeploys(async ({ deploy, directory, site }) => {
    const path = site(`model: simulator\n${NODES}\nsizes: {shards: 3}\n`);
    const args = [...LOCAL, "--dry-run", "--only", "nodes", "--site", path];
    const { code, said } = await deploy(args);
    assert.equal(code, 0, said);
    assert.match(said, /^\+\+\+ processes\/node1\.json$/m);
    assert.match(said, /^\+ {4}"SHARDS": "3",$/m);
    const releases = Deno.readDirSync(`${directory}/local/releases`);
    assert.deepEqual([...releases], []);
    const status = await deploy([...LOCAL, "--status"]);
    assert.equal(status.code, 1);
    assert.match(status.said, /Nothing runs\./);
  });
});

Deno.test("a roll back without an earlier release is refused", async () => {
  await withDeploys(async ({ deploy, site }) => {
    const path = site(`model: simulator\n${NODES}\n`);
    const only = ["--only", "nodes", "--site", path];
    const { code, said } = await deploy([...LOCAL, "--rollback", ...only]);
    assert.equal(code, 2);
    assert.match(said, /no earlier release to go back to/);
  });
});
