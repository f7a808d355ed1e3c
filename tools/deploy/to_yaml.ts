import { stringify } from "yaml";

/** Writes YAML that means the same to readers of YAML 1.1, for whom a bare `yes` or `on` is true: kubectl, Prometheus, docker-compose. */
export function toYaml(value: unknown): string {
  return stringify(value, { version: "1.1", aliasDuplicateObjects: false });
}
