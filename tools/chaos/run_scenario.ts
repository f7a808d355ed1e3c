import { aftermath } from "./aftermath.ts";
import { type Finding, missing } from "./finding.ts";
import type { Scenario, ScenarioOptions } from "./scenario.ts";
import { Stage } from "./stage.ts";
import type { ChaosTimeline } from "./timeline_svg.ts";

/** How a scenario went. */
export interface ScenarioResult {
  readonly name: string;
  readonly what: string;
  readonly options: ScenarioOptions;
  readonly findings: readonly Finding[];
  readonly timeline?: ChaosTimeline;
}

/** What a scenario is run with. */
export interface RunSurroundings {
  /** Where the nodes' logs go. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly tell: (what: string) => void;
}

const PROGRESS_MS = 2000;

/** Runs one scenario from an empty stage to an empty stage. What cannot be run is a finding; only a broken-off run rejects. */
export async function runScenario(
  scenario: Scenario,
  options: ScenarioOptions,
  surroundings: RunSurroundings,
): Promise<ScenarioResult> {
  const { name, what, shards, spare = false, debug = false } = scenario;
  const findings: Finding[] = [];
  let timeline: ChaosTimeline | undefined;
  try {
    await using stage = await Stage.open({
      ...surroundings,
      calls: options.calls,
      nodes: options.nodes,
      shards,
      spare,
      debug,
    });
    const progress = setInterval(() => tellProgress(stage), PROGRESS_MS);
    try {
      findings.push(...await scenario.run(stage, options));
      findings.push(...await aftermath(stage));
    } finally {
      clearInterval(progress);
      timeline = draw(stage, `${name}: ${what}`);
    }
  } catch (error) {
    surroundings.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    findings.push(missing("the scenario", why));
  }
  return { name, what, options, findings, timeline };
}

function tellProgress({ callers, talking, options }: Stage): void {
  const heard = talking.filter((caller) => caller.hears(200)).length;
  const ended = callers.length - talking.length;
  options.tell(
    `${talking.length} calls, ${heard} are heard now, ${ended} ended`,
  );
}

function draw({ callers, marks }: Stage, title: string): ChaosTimeline {
  const nowMs = performance.now();
  return {
    title,
    marks,
    calls: callers.map(({ name, line, startedMs, endedMs }) => ({
      name,
      fromMs: startedMs,
      toMs: endedMs ?? nowMs,
      heard: line.spans,
    })),
  };
}
