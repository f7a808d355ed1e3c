import { parse } from "yaml";

/** Where the files of the watch stand. */
export const DEPLOY = new URL("../../../deploy/", import.meta.url);

/** A recording rule or an alert. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One unit test of promtool, as far as it is read here. */
export interface RuleTest {
  readonly name: string;
  readonly promql_expr_test?: ReadonlyArray<{
    readonly expr: string;
    readonly exp_samples?: readonly unknown[];
  }>;
}

/** A query of a dashboard and where it stands. */
export interface PanelQuery {
  readonly where: string;
  readonly expr: string;
}

/** A panel of a dashboard, as far as it is read here. */
export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly datasource: Readonly<Record<string, string>>;
  readonly targets: ReadonlyArray<{
    readonly refId: string;
    readonly expr: string;
  }>;
}

/** A dashboard, as far as it is read here. */
export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Reads a file of deploy/ as text. */
export function readDeployed(path: string): string {
  return Deno.readTextFileSync(new URL(path, DEPLOY));
}

/** Paths under deploy/ of the files of a folder there. */
export function listDeployed(folder: string): string[] {
  const entries = [...Deno.readDirSync(new URL(folder, DEPLOY))];
  return entries.map(({ name }) => `${folder}${name}`).toSorted();
}

/** Every rule of a file, in order. */
export function readRules(path: string): Rule[] {
  const { groups } = parse(readDeployed(path));
  return groups.flatMap(({ rules }: { rules: Rule[] }) => rules);
}

/** Every unit test of the rules. */
export function readRuleTests(): RuleTest[] {
  return listDeployed("prometheus/tests/").flatMap((path) =>
    parse(readDeployed(path)).tests
  );
}

/** Every dashboard. */
export function readDashboards(): Dashboard[] {
  return listDeployed("grafana/dashboards/").map((file) => ({
    ...JSON.parse(readDeployed(file)),
    file,
  }));
}

/** Every query of every panel, with Grafana's variables filled in. */
export function readPanelQueries(): PanelQuery[] {
  return readDashboards().flatMap(({ title, panels }) =>
    panels.flatMap((panel) =>
      panel.targets.map(({ refId, expr }) => ({
        where: `${title} / ${panel.title} / ${refId}`,
        expr: expr.replaceAll("$__rate_interval", "1m")
          .replaceAll("$instance", ".*"),
      }))
    )
  );
}
