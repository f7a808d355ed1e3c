import { parse, stringify } from "yaml";
import type { Site } from "../site.ts";

/** Ports by the name of their process, `:esl` behind a node's event socket. */
export type PortOf = (name: string) => number;

/** nginx in front of the nodes' HTTP: one port, no TLS, one process. */
export function nginxConfiguration(site: Site, portOf: PortOf): string {
  const servers = site.nodes.map(({ name }) =>
    `    server 127.0.0.1:${portOf(name)} max_fails=1 fail_timeout=2s;`
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
    listen 127.0.0.1:${portOf("nginx")};
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

/** Prometheus's own configuration, with the port that it has here. */
export function prometheusConfiguration(text: string, port: number): string {
  return text.replaceAll("127.0.0.1:9090", `127.0.0.1:${port}`);
}

/** A file of targets, as Prometheus reads it again by itself. */
export function targetsFile(targets: readonly string[]): string {
  return stringify([{ targets }]);
}

/** Alertmanager's routes and inhibitions, with receivers that tell nobody: a developer's cluster wakes no one. */
export function alertmanagerConfiguration(text: string): string {
  const { route, inhibit_rules, receivers } = parse(text);
  const silent = receivers.map(({ name }: { name: string }) => ({ name }));
  return stringify({ route, inhibit_rules, receivers: silent });
}
