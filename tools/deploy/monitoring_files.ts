import { parse } from "yaml";
import { toYaml } from "./to_yaml.ts";

/** nginx in front of the nodes' HTTP (`host:port` each): one port, no TLS, one process. */
export function nginxConfiguration(
  nodes: readonly string[],
  listen: string,
): string {
  const servers = nodes.map((node) =>
    `    server ${node} max_fails=1 fail_timeout=2s;`
  );
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
${places.map((each) => `  ${each}_temp_path ${each}_temp;`).join("\n")}
  upstream vapi {
${servers.join("\n")}
  }
  server {
    listen ${listen};
    location / {
      proxy_pass http://vapi;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_next_upstream error timeout http_503;
    }
  }
}
`;
}

/** How fast a cluster to try watches; as in production when nothing is told. */
export interface WatchPace {
  /** Seconds between two scrapes, and that an alert must hold and wait. */
  readonly watchSeconds?: number;
}

/** Prometheus's own configuration, with the port and the pace that it has here. */
export function prometheusConfiguration(
  text: string,
  { port, watchSeconds }: { readonly port: number } & WatchPace,
): string {
  const own = text.replaceAll("127.0.0.1:9090", `127.0.0.1:${port}`);
  if (watchSeconds === undefined) return own;
  const pace = `${watchSeconds}s`;
  const global = {
    scrape_interval: pace,
    scrape_timeout: pace,
    evaluation_interval: pace,
  };
  return toYaml({ ...parse(own), global });
}

/** A file of rules; with a pace every alert that has to hold for a time holds for that one. */
export function rulesFile(text: string, { watchSeconds }: WatchPace): string {
  if (watchSeconds === undefined) return text;
  const rules = parse(text);
  for (const group of rules.groups) {
    for (const rule of group.rules) {
      if (rule.for !== undefined) rule.for = `${watchSeconds}s`;
    }
  }
  return toYaml(rules);
}

/** A file of targets, as Prometheus reads it again by itself. */
export function targetsFile(targets: readonly string[]): string {
  return toYaml([{ targets }]);
}

/** Alertmanager's routes and inhibitions, with receivers that tell nobody: a developer's cluster wakes no one. */
export function alertmanagerConfiguration(
  text: string,
  { watchSeconds }: WatchPace = {},
): string {
  const { route, inhibit_rules, receivers } = parse(text);
  if (watchSeconds !== undefined) {
    for (const each of [route, ...route.routes]) {
      each.group_wait = each.group_interval = `${watchSeconds}s`;
    }
  }
  const silent = receivers.map(({ name }: { name: string }) => ({ name }));
  return toYaml({ route, inhibit_rules, receivers: silent });
}
