import {
  PLAN_BANDWIDTH_MBPS,
  PLAN_SERVER_SUM,
  PLAN_SERVERS,
  type ServerGroup,
} from "./infrastructure.ts";
import type { SizingFigures } from "./sizing.ts";

/** What somebody must know before believing the figures, a sentence each. */
export function findRemarks(figures: SizingFigures): string[] {
  return [
    ...remarksOnCost(figures),
    ...remarksOnMachines(figures),
    remarkOnBandwidth(figures),
    remarkOnServers(),
  ];
}

function remarksOnCost({ options, costs }: SizingFigures): string[] {
  const [whole, shared] = costs;
  const list = costs.filter(({ prices }) => prices === "price list");
  const less = 1 - shared.monthCny / whole.monthCny;
  return [
    `The deployment plan bills every second of a call as heard and as spoken. The model speaks in ${
      percent(options.talk)
    } of it and is sent ${percent(options.listen)}: ${percent(less)} less.`,
    `By the price list the month costs ${
      list.map(({ monthCny }) => `¥${round(monthCny)}`).join(" to ")
    }, if a second of speech is 12.5 tokens read or 25 written, as the model's technical report has it. Compare the first real bill with both tables; set PRICES_FILE by it.`,
    "Suppliers other than StepFun have no price here: give --prices.",
  ];
}

function remarksOnMachines(
  { load, machines, options, measured }: SizingFigures,
): string[] {
  const { bound, bounds } = machines;
  const found = bound === "measured so far"
    ? [
      `${machines.callsPerNode} calls a node is the most that met every limit in a run (${measured.source}). By the cost of a call ${
        Math.min(bounds.processors ?? Infinity, bounds["media thread"] ?? 0)
      } would fit: measure on your own machine and give --report.`,
    ]
    : [];
  const spare = load.places - load.placesForOnePerMille;
  if (options.places === undefined && spare > 0) {
    found.push(
      `A reserve of ${options.reserve} is ${spare} places more than one blocked call in a thousand needs (${load.placesForOnePerMille}); it is for days that are busier than the peak.`,
    );
  }
  return found;
}

function remarkOnBandwidth({ bandwidth, load }: SizingFigures): string {
  const { modelUpMbps, modelDownMbps } = bandwidth;
  const most = Math.max(modelUpMbps, modelDownMbps);
  const verdict = most <= PLAN_BANDWIDTH_MBPS ? "hold" : "do not hold";
  return `The plan's ${PLAN_BANDWIDTH_MBPS} Mbit/s ${verdict} the model's traffic of ${load.places} calls (${
    round(modelUpMbps)
  } up, ${
    round(modelDownMbps)
  } down), its bursts and retransmissions not counted.`;
}

function remarkOnServers(): string {
  const sum = (of: (group: ServerGroup) => number) =>
    PLAN_SERVERS.reduce((all, group) => all + group.count * of(group), 0);
  const { cores, memoryGb } = PLAN_SERVER_SUM;
  return `The plan's ${sum(() => 1)} servers have ${
    sum((group) => group.cores)
  } processors and ${
    sum((group) => group.memoryGb)
  } GB, not ${cores} and ${memoryGb} as it adds them up.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function round(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
