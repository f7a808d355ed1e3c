import assert from "node:assert/strict";
import { type DeployRig, withDeploys } from "./deploy_rig.ts";

/** Programs that write down how they were called, in place of the real ones. */
const PROGRAMS: Readonly<Record<string, string>> = {
  docker:
    `case "$*" in *"up -d"*broken*) echo "no such image" >&2; exit 1;; esac`,
  kubectl: `case "$*" in
    *"apply"*"-f -"*) cat >"$HERE/secret.json"; echo "secret/x serverside-applied";;
    *apply*) echo "object/x \${KUBECTL_SAYS:-configured}";;
    *"get pod"*) echo True;;
    *"rollout status"*) [ -z "\${STUCK:-}" ] || { echo "timed out" >&2; exit 1; };;
    *logs*) echo "the pod's last line";;
  esac`,
  // The far host: the same machine, below another root.
  ssh: `for last; do :; done; DEPLOY_ROOT="$HERE/root" exec sh -c "$last"`,
  systemctl: "",
  deno: `[ "$1" != --version ] || echo "deno 2.9.6 (stable)"`,
};

interface RemoteRig extends DeployRig {
  readonly port: number;
  readonly environment: Record<string, string>;
  /** How the programs were called, one line each. */
  calls(): string[];
}

/** A rig with the programs above and a node that says that it is ready. */
async function withRemote(
  body: (rig: RemoteRig) => Promise<void>,
): Promise<void> {
  await withDeploys(async (rig) => {
    const bin = `${rig.directory}/bin`;
    await Deno.mkdir(bin);
    for (const [name, script] of Object.entries(PROGRAMS)) {
      const text =
        `#!/bin/sh\nHERE='${rig.directory}'\necho "${name} $*" | tr '\\n' ' ' >>"$HERE/calls"; echo >>"$HERE/calls"\n${script}\n`;
      await Deno.writeTextFile(`${bin}/${name}`, text, { mode: 0o755 });
    }
    for (const name of ["vapi.crt", "vapi.key"]) {
      await Deno.writeTextFile(`${rig.directory}/${name}`, "");
    }
    const node = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(""),
    );
    try {
      await body({
        ...rig,
        port: node.addr.port,
        environment: {
          PATH: `${bin}:${Deno.env.get("PATH")}`,
          TEST_KEY: "s3cret-of-a-test",
          TEST_PASSWORD: "s3cret-of-a-test-too",
        },
        calls: () =>
          Deno.readTextFileSync(`${rig.directory}/calls`).trimEnd().split("\n"),
      });
    } finally {
      await node.shutdown();
    }
  });
}

function siteText(
  { port, directory }: RemoteRig,
  { host = "127.0.0.1", more = "", redis = "{mode: managed}" } = {},
): string {
  const passwords = ["esl", "web", "trunk"].map((each) =>
    `${each}Password: "env:TEST_PASSWORD"`
  ).join(", ");
  return `freeswitch: [{name: fs1, host: 127.0.0.1, eslPort: 1, ${passwords}}]
nodes: [{name: node1, host: ${host}, httpPort: ${port}, eslPort: 1}]
redis: ${redis}
secrets: {STEPFUN_API_KEY: env:TEST_KEY}
sizes: {drainSeconds: 5, readySeconds: 5}
placeholders: {TLS_DIR: "${directory}"}
${more}
`;
}

async function assertNoSecretIn(directory: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) await assertNoSecretIn(path);
    else {
      const text = await Deno.readTextFile(path);
      assert.ok(!text.includes("s3cret-of-a-test"), path);
    }
  }
}

Deno.test("compose replaces a node's container and no other, and a second deploy leaves it", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment, directory } = rig;
    const args = ["--target", "compose", "--site", rig.site(siteText(rig))];
    const first = await deploy(args, { environment });
    assert.equal(first.code, 0, first.said);
    assert.match(first.said, /node1: ready after/);
    assert.match(first.said, /node1: no call was placed: fs1/);
    const replaced = rig.calls().filter((call) => call.includes("recreate"));
    assert.match(replaced[0], /up -d --no-recreate redis freeswitch $/);
    assert.match(replaced[1], /up -d --no-deps --force-recreate node1 $/);
    const secret = `${directory}/compose/secrets/vapi.env`;
    assert.equal(
      await Deno.readTextFile(secret),
      "STEPFUN_API_KEY='s3cret-of-a-test'\n",
    );
    assert.equal(
      (await Deno.stat(`${directory}/compose/secrets`)).mode! & 0o777,
      0o700,
    );
    await assertNoSecretIn(`${directory}/compose/releases`);
    assert.equal(
      await Deno.readTextFile(`${directory}/compose/secrets/esl_password`),
      "s3cret-of-a-test-too\n",
    );
    const vars = `${directory}/compose/secrets/freeswitch/fs1/vapi_vars.xml`;
    assert.ok(first.said.includes(`fs1: has new variables: copy ${vars} to`));
    const text = await Deno.readTextFile(vars);
    assert.equal(text.match(/_password=s3cret-of-a-test-too"/g)?.length, 3);
    assert.doesNotMatch(text, /CHANGE-ME|\$\{/);
    assert.equal((await Deno.stat(vars)).mode! & 0o777, 0o600);
    const second = await deploy(args, { environment });
    assert.match(second.said, /Nothing had to change/);
  });
});

Deno.test("a dry run of what must be put right first shows the files all the same, and exits with 2", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment, directory } = rig;
    const site = rig.site(siteText(rig, { more: "model: simulator" }));
    const args = ["--target", "compose", "--site", site];
    const { code, said } = await deploy([...args, "--dry-run"], {
      environment,
    });
    assert.equal(code, 2, said);
    assert.match(said, /check: model: simulator is for --target local/);
    assert.match(said, /^\+\+\+ /m);
    const releases = Deno.readDirSync(`${directory}/compose/releases`);
    assert.deepEqual([...releases], []);
  });
});

Deno.test("Kubernetes gets the secret by standard input and its partition lowered pod by pod", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment, directory } = rig;
    const args = ["--target", "kubernetes", "--site", rig.site(siteText(rig))];
    const { code, said } = await deploy(args, { environment });
    assert.equal(code, 0, said);
    const secret = JSON.parse(
      await Deno.readTextFile(`${directory}/secret.json`),
    );
    assert.equal(secret.stringData.STEPFUN_API_KEY, "s3cret-of-a-test");
    await assertNoSecretIn(`${directory}/kubernetes/releases`);
    assert.ok(!rig.calls().some((call) => call.includes("s3cret")));
    const steps = rig.calls().filter((call) => /patch|rollout/.test(call));
    assert.match(steps[0], /patch statefulset vapi-cn -p .*"partition":0/);
    assert.match(steps[1], /rollout status statefulset\/vapi-cn --timeout=10s/);
    const second = await deploy(args, {
      environment: { ...environment, KUBECTL_SAYS: "unchanged" },
    });
    assert.match(second.said, /Nothing had to change/);
  });
});

Deno.test("Kubernetes puts the description back and deletes the pod that never got ready", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment } = rig;
    const site = (more: string) => [
      ...["--target", "kubernetes", "--site"],
      rig.site(siteText(rig, { more })),
    ];
    assert.equal((await deploy(site(""), { environment })).code, 0);
    const { code, said } = await deploy(site("image: vapi-cn:2"), {
      environment: { ...environment, STUCK: "1" },
    });
    assert.equal(code, 1, said);
    assert.match(said, /the pod's last line/);
    assert.ok(
      rig.calls().some((call) => call.includes("delete pod vapi-cn-0")),
    );
    const [last] = rig.calls().filter((call) =>
      call.includes("apply") && call.includes("statefulset.yaml")
    ).slice(-1);
    const path = /-f (\S+)/.exec(last)![1];
    assert.match(await Deno.readTextFile(path), /image: vapi-cn:latest/);
  });
});

Deno.test("a canary's pod stays the canary when only its share changes", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment } = rig;
    const text = siteText(rig).replace(
      /nodes: .*/,
      "nodes: [{name: a, host: h}, {name: b, host: i}, {name: c, host: j}]",
    );
    const args = ["--target", "kubernetes", "--site"];
    const old = [...args, rig.site(text)];
    assert.equal((await deploy(old, { environment })).code, 0);
    const site = rig.site(text.replace("sizes:", "image: vapi-cn:2\nsizes:"));
    for (const percent of ["10", "50"]) {
      const { code, said } = await deploy(
        [...args, site, "--canary", percent],
        { environment },
      );
      assert.equal(code, 0, said);
      assert.match(said, new RegExp(`gives vapi-cn-2 ${percent} %`));
      const last = rig.calls().findLast((call) => / patch | apply /.test(call));
      assert.match(last!, /patch statefulset vapi-cn -p .*"partition":2/);
    }
  });
});

Deno.test("systemd installs a node on another host over ssh: sources, settings, secrets, unit", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment, directory } = rig;
    // Only the small letters are this machine.
    const external = "{mode: external, url: env:TEST_REDIS}";
    const own = { ...environment, TEST_REDIS: "redis://10.0.0.9:6379" };
    const text = siteText(rig, { host: "LOCALHOST", redis: external });
    const args = ["--target", "systemd", "--site", rig.site(text)];
    const { code, said } = await deploy(args, { environment: own });
    assert.equal(code, 0, said);
    const root = `${directory}/root`;
    const secrets = `${root}/etc/vapi-cn/node1.secrets`;
    assert.match(
      await Deno.readTextFile(secrets),
      /^STEPFUN_API_KEY='s3cret-of-a-test'\nREDIS_URL='redis:\/\/10/,
    );
    assert.equal((await Deno.stat(secrets)).mode! & 0o777, 0o600);
    await Deno.stat(`${root}/opt/vapi-cn/node1/current/main.ts`);
    await Deno.stat(`${root}/etc/systemd/system/vapi-cn@.service`);
    assert.ok(
      rig.calls().some((call) =>
        call.includes("systemctl restart vapi-cn@node1.service")
      ),
    );
    assert.ok(!rig.calls().some((call) => call.includes("s3cret")));
    const second = await deploy(args, { environment: own });
    assert.match(second.said, /Nothing had to change/);
  });
});

Deno.test("a site whose FreeSWITCH would keep a password of the template is refused, and told which", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment } = rig;
    const text = siteText(rig).replace(/webPassword: "[^"]*", /, "")
      .replace(
        'trunkPassword: "env:TEST_PASSWORD',
        'trunkPassword: "env:TEST_KEY',
      );
    const args = ["--target", "compose", "--site", rig.site(text)];
    const { code, said } = await deploy(args, {
      environment: { ...environment, TEST_KEY: "too-short" },
    });
    assert.equal(code, 2, said);
    assert.match(
      said,
      /fs1: vapi_web_password would stay CHANGE-ME\n.*webPassword: env:NAME/,
    );
    assert.match(said, /fs1: vapi_trunk_password must be 16 to 128/);
    assert.doesNotMatch(said, /too-short|vapi_esl_password/);
    assert.ok(!rig.calls().some((call) => call.includes(" up ")));
  });
});

Deno.test("a site without SESSION_KEYS is deployed, and told what calls lose by that", async () => {
  await withRemote(async (rig) => {
    const { deploy, environment } = rig;
    const args = ["--target", "compose", "--site", rig.site(siteText(rig))];
    const { code, said } = await deploy([...args, "--check"], { environment });
    assert.equal(code, 0, said);
    assert.match(said, /check: secrets has no SESSION_KEYS: .*history/);
  });
});
