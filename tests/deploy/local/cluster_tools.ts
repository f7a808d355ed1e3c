import {
  ALERTMANAGER,
  type DebianTool,
  PROMETHEUS,
} from "../../support/debian_tool.ts";

/** Redis itself. */
export const REDIS: DebianTool = {
  names: ["redis-server"],
  debianPackage: "redis-server",
};

/** Everything that a local cluster has besides its nodes. */
export const CLUSTER_TOOLS: readonly DebianTool[] = [
  REDIS,
  { names: ["nginx"], debianPackage: "nginx-light" },
  PROMETHEUS,
  ALERTMANAGER,
];
