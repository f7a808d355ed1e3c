import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";

// deno-lint-ignore no-explicit-any
type AnyObject = any;
type Model = new (data: AnyObject) => { validate(): void };

const MODELS: Readonly<Record<string, Model>> = {
  "apps/v1 Deployment": Deployment,
  "apps/v1 StatefulSet": StatefulSet,
  "autoscaling/v2 HorizontalPodAutoscaler": HorizontalPodAutoscaler,
  "networking.k8s.io/v1 NetworkPolicy": NetworkPolicy,
  "policy/v1 PodDisruptionBudget": PodDisruptionBudget,
  "v1 ConfigMap": ConfigMap,
  "v1 Namespace": Namespace,
  "v1 Secret": Secret,
  "v1 Service": Service,
};

/**
 * Checks a Kubernetes object against the published schema of its kind. Throws
 * for a wrong value, a missing field, and a field that the schema does not know:
 * the validators look at every field that they know, so one that nobody looked
 * at is unknown.
 */
export function checkKubernetesObject(object: AnyObject): void {
  const kind = `${object.apiVersion} ${object.kind}`;
  const Model = MODELS[kind];
  if (Model === undefined) throw new Error(`${kind} has no schema here`);
  const seen = new Map<object, Set<string> | "all">();
  const model = new Model({}) as AnyObject;
  for (const key of Object.keys(object)) model[key] = watch(object[key], seen);
  model.validate();
  const unknown = Object.entries(object).flatMap(([key, value]) =>
    findUnseen(value, key, seen)
  );
  if (unknown.length > 0) {
    throw new Error(`${kind} has unknown fields: ${unknown.join(", ")}`);
  }
}

function watch(
  value: AnyObject,
  seen: Map<object, Set<string> | "all">,
): AnyObject {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const known = seen.get(target) ?? new Set();
      if (known !== "all") seen.set(target, known.add(String(key)));
      return watch(target[key], seen);
    },
    ownKeys(target) {
      // A map: its validator goes through all keys.
      seen.set(target, "all");
      return Reflect.ownKeys(target);
    },
  });
}

function findUnseen(
  value: AnyObject,
  path: string,
  seen: Map<object, Set<string> | "all">,
): string[] {
  if (typeof value !== "object" || value === null) return [];
  const known = seen.get(value);
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = `${path}.${key}`;
    if (known !== "all" && !known?.has(key)) return [here];
    return findUnseen(inner, here, seen);
  });
}
