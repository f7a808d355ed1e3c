import { drawTable } from "../table.ts";
import type { CostRow } from "./cost.ts";
import type { Sizing } from "./sizing.ts";

const MIB = 1024 * 1024;

/** A plan as tables for a terminal. */
export function describeSizing(sizing: Sizing): string {
  return [
    drawTable(["load", "value"], loadRows(sizing)),
    drawTable(["machines", "value"], machineRows(sizing)),
    drawTable(
      ["bandwidth (with headers)", "a call", `${sizing.load.places} calls`],
      bandwidthRows(sizing),
    ),
    drawTable(
      [
        "model, a month",
        "prices",
        "counted",
        "heard",
        "spoken",
        "tokens",
        "¥ a month",
        "$ a month",
        "¥ a call",
      ],
      sizing.costs.map(costRow),
    ),
    drawTable(["infrastructure, a month", "$"], infrastructureRows(sizing)),
    sizing.remarks.map((remark) => `- ${remark}`).join("\n"),
  ].join("\n\n");
}

function loadRows({ options, load }: Sizing): string[][] {
  const { callsPerDay, minutes, peak, reserve } = options;
  return [
    ["calls a day", `${whole(callsPerDay)} of ${minutes} min, peak × ${peak}`],
    ["calls a second, peak", load.callsPerSecond.toFixed(2)],
    [
      "calls at once, peak",
      `${load.concurrent} (${load.erlang.toFixed(2)} erlang)`,
    ],
    [
      options.places === undefined ? `with reserve × ${reserve}` : "places",
      String(load.places),
    ],
    ["blocked at the peak (Erlang B)", share(load.blocking)],
    [
      "places for 1 % / 0.1 % blocked",
      `${load.placesForOnePercent} / ${load.placesForOnePerMille}`,
    ],
  ];
}

function machineRows({ options, machines, measured }: Sizing): string[][] {
  const { cpuPerCallCores, bytesPerCall } = measured;
  return [
    ["cost of a call", cost(cpuPerCallCores, bytesPerCall)],
    ["  measured in", measured.source],
    ...Object.entries(machines.bounds).map(([name, calls]) => [
      `calls a node by ${name}`,
      `${calls}${name === machines.bound ? "  ← bounds it" : ""}`,
    ]),
    [
      `nodes (${options.cores} processors, ${options.use * 100} % used)`,
      `${machines.nodes}, one of them spare`,
    ],
    ["blocked with one node down", share(machines.blockingOneDown)],
    [
      measured.idleBytes === undefined
        ? "memory of a full node's calls"
        : "memory of a full node",
      `${whole(machines.nodeBytes / MIB)} MiB`,
    ],
    [
      `FreeSWITCH hosts (${options.callsPerFreeSwitch} calls each)`,
      `${machines.freeSwitchHosts}, one of them spare`,
    ],
    [
      "memory of a FreeSWITCH host's calls",
      `${whole(machines.freeSwitchBytes / MIB)} MiB`,
    ],
  ];
}

function cost(cores: number, bytes: number): string {
  return `${(cores * 100).toFixed(3)} % of a core, ${
    whole(bytes / 1024)
  } KiB, both sides talking`;
}

function bandwidthRows({ bandwidth, load }: Sizing): string[][] {
  const { rtpKbps, unicastKbps, modelUpKbps, modelDownKbps } = bandwidth;
  const mbps = (value: number) => `${value.toFixed(1)} Mbit/s`;
  const kbps = (value: number) => `${value.toFixed(1)} kbit/s`;
  return [
    ["RTP, G.711, each way", kbps(rtpKbps), mbps(bandwidth.rtpMbps)],
    [
      "FreeSWITCH ⇄ node, L16 8 kHz, each way",
      kbps(unicastKbps),
      mbps(load.places * unicastKbps / 1000),
    ],
    ["to the model, 16 kHz", kbps(modelUpKbps), mbps(bandwidth.modelUpMbps)],
    [
      "from the model, 24 kHz, while it speaks",
      kbps(modelDownKbps),
      mbps(bandwidth.modelDownMbps),
    ],
  ];
}

function costRow(row: CostRow): string[] {
  return [
    row.supplier,
    row.prices,
    row.counted,
    whole(row.audioInCny),
    whole(row.audioOutCny),
    whole(row.tokensCny),
    `¥${whole(row.monthCny)}`,
    `$${whole(row.monthUsd)}`,
    row.callCny.toFixed(3),
  ];
}

function infrastructureRows({ infrastructure }: Sizing): string[][] {
  const sum = infrastructure.reduce((all, { usd }) => all + usd, 0);
  return [
    ...infrastructure.map(({ what, usd }) => [what, whole(usd)]),
    ["together, as the deployment plan has it", whole(sum)],
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function share(value: number): string {
  const percent = value * 100;
  if (percent === 0 || percent >= 0.001) return `${percent.toFixed(3)} %`;
  return "under 0.001 %";
}
