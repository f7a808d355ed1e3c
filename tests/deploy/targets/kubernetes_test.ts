import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import { renderKubernetes } from "../../../tools/deploy/kubernetes/render_kubernetes.ts";
import type { Files } from "../../../tools/deploy/target.ts";
import { checkKubernetesObject } from "./kubernetes_schema.ts";
import { exampleContext } from "./target_rig.ts";

// deno-lint-ignore no-explicit-any
type AnyObject = any;

const files = await renderKubernetes(exampleContext());
const applied = files.get("index.txt")!.trim().split("\n");
const objects = objectsOf(files, applied);

function objectsOf(files: Files, names: readonly string[]): AnyObject[] {
  return names.flatMap((name) =>
    parseAllDocuments(files.get(name)!).map((each) => each.toJS())
  );
}

function find(kind: string, name = "vapi-cn"): AnyObject {
  return objects.find((each) =>
    each.kind === kind && each.metadata.name === name
  );
}

for (const object of objects) {
  const { kind, metadata } = object;
  Deno.test(`the ${kind} ${metadata.name} fits Kubernetes' published schema`, () => {
    checkKubernetesObject(object);
  });
}

Deno.test("the check of a schema finds an unknown field, a wrong value and a missing one", () => {
  const good = find("StatefulSet");
  const unknown = structuredClone(good);
  unknown.spec.template.spec.containers[0].imagee = "x";
  assert.throws(() => checkKubernetesObject(unknown), /0\.imagee/);
  const wrong = structuredClone(good);
  wrong.spec.template.spec.terminationGracePeriodSeconds = "50";
  assert.throws(() => checkKubernetesObject(wrong), /must be integer/);
  const missing = structuredClone(good);
  delete missing.spec.selector;
  assert.throws(() => checkKubernetesObject(missing), /selector/);
});

Deno.test("every object but the namespace itself stands in the namespace", () => {
  for (const { kind, metadata } of objects) {
    if (kind !== "Namespace") assert.equal(metadata.namespace, "vapi-cn");
  }
});

Deno.test("selectors of services, policies and budgets meet the pods' labels", () => {
  const { labels } = find("StatefulSet").spec.template.metadata;
  const selectors = [
    find("Service").spec.selector,
    find("PodDisruptionBudget").spec.selector.matchLabels,
    find("NetworkPolicy").spec.podSelector.matchLabels,
  ];
  for (const selector of selectors) {
    for (const [name, value] of Object.entries(selector)) {
      assert.equal(labels[name], value);
    }
  }
});

Deno.test("a pod has longer than the drain before it is killed", () => {
  const { spec } = find("StatefulSet").spec.template;
  const drain = Number(find("ConfigMap").data.DRAIN_SECONDS);
  assert.ok(spec.terminationGracePeriodSeconds >= drain + 15);
});

Deno.test("every shard of a node may fill its heap before the pod is killed", () => {
  const [{ resources }] = find("StatefulSet").spec.template.spec.containers;
  const { SHARDS, SHARD_HEAP_MB } = find("ConfigMap").data;
  const heaps = Number(SHARDS) * Number(SHARD_HEAP_MB);
  const needed = parseInt(resources.requests.memory);
  assert.ok(heaps > 0 && heaps + needed <= parseInt(resources.limits.memory));
});

Deno.test("a heap that the site sets raises the pod's limit", async () => {
  const other = exampleContext([["LOG_LEVEL: info", "SHARD_HEAP_MB: 2000"]]);
  const text = (await renderKubernetes(other)).get("statefulset.yaml")!;
  const limit = /limits:\s+memory: (\d+)Mi/.exec(text)![1];
  assert.ok(Number(limit) > 2 * 2000);
});

Deno.test("a canary is a pod that stands in no list, with its share as a pattern", async () => {
  const canary = { node: "vapi-cn-2", percent: 10 };
  const name = "freeswitch/fs1/vapi_vars.template.xml";
  const text = (await renderKubernetes(exampleContext(), canary)).get(name)!;
  assert.match(text, /vapi_canary=vapi-cn-2\.vapi-cn\.vapi-cn\.svc\.\S+:8084"/);
  assert.match(text, /vapi_canary_pattern=\[0-0\]\.\|1\[0-9\]"/);
  const lists = text.match(/vapi_nodes_\w=[^"]*/g)!;
  assert.equal(lists.length, 12);
  for (const list of lists) assert.ok(!list.includes("vapi-cn-2."), list);
});

Deno.test("calls and audio are let in from FreeSWITCH alone", () => {
  const [calls] = find("NetworkPolicy").spec.ingress;
  assert.deepEqual(calls.from, [{ ipBlock: { cidr: "10.0.0.11/32" } }]);
  assert.deepEqual(
    calls.ports.map(({ port }: AnyObject) => port),
    [8084, 32768],
  );
  assert.equal(find("ConfigMap").data.ESL_ALLOW, "10.0.0.11/32");
});

Deno.test("no rendered object holds a secret, only where it stands", () => {
  const container = find("StatefulSet").spec.template.spec.containers[0];
  const key = container.env.find(({ name }: AnyObject) =>
    name === "STEPFUN_API_KEY"
  );
  assert.deepEqual(key.valueFrom, {
    secretKeyRef: { name: "vapi-cn-secrets", key: "STEPFUN_API_KEY" },
  });
  assert.equal(find("Secret"), undefined);
});

Deno.test("a changed setting or assistant changes the pods' description", async () => {
  const other = exampleContext([["LOG_LEVEL: info", "LOG_LEVEL: debug"]]);
  const changed = await renderKubernetes(other);
  const name = "statefulset.yaml";
  assert.notEqual(changed.get(name), files.get(name));
});

Deno.test("a setting that older readers of YAML take for a boolean stays a text", async () => {
  const other = exampleContext([["LOG_LEVEL: info", "HANDOVER: off"]]);
  const text = (await renderKubernetes(other)).get("configmap.yaml")!;
  assert.match(text, /HANDOVER: "off"/);
});

Deno.test("an external Redis is named by reference and none is rendered", async () => {
  const context = exampleContext([
    ["\n  mode: managed", "\n  mode: external\n  url: env:REDIS_URL"],
  ]);
  const external = await renderKubernetes(context);
  assert.equal(external.has("redis.yaml"), false);
  assert.match(external.get("statefulset.yaml")!, /name: REDIS_URL/);
  assert.doesNotMatch(external.get("configmap.yaml")!, /REDIS_URL/);
});

Deno.test("the autoscaler's metric is the one of the adapter's rule", () => {
  const { rules } = parse(files.get("prometheus-adapter.yaml")!);
  const metric = find("HorizontalPodAutoscaler").spec.metrics[0].pods.metric;
  assert.equal(rules.custom[0].name.as, metric.name);
});

Deno.test("FreeSWITCH is given every name that the autoscaler may start", () => {
  const vars = files.get("freeswitch/fs1/vapi_vars.template.xml")!;
  const nodes = /vapi_nodes_1=([^"]*)/.exec(vars)![1].split("|");
  assert.equal(nodes.length, 6);
  assert.equal(nodes[0], "vapi-cn-1.vapi-cn.vapi-cn.svc.cluster.local:8084");
});
