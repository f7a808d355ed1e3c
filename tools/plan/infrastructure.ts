/** A line of a monthly bill. */
export interface MonthlyItem {
  readonly what: string;
  readonly usd: number;
}

/** The deployment plan's infrastructure, section 6.1. */
export const INFRASTRUCTURE: readonly MonthlyItem[] = [
  { what: "servers (14)", usd: 2000 },
  { what: "bandwidth (100 Mbit/s)", usd: 500 },
  { what: "storage (1 TB SSD)", usd: 100 },
  { what: "CDN (1 TB)", usd: 50 },
  { what: "domain and certificate", usd: 20 },
];

/** What the plan pays bandwidth for, in megabits a second. */
export const PLAN_BANDWIDTH_MBPS = 100;

/** Servers of one kind. */
export interface ServerGroup {
  readonly count: number;
  readonly cores: number;
  readonly memoryGb: number;
}

/** The plan's servers in production, section 5.1: FreeSWITCH, media server, Redis, PostgreSQL, Nginx, monitoring. */
export const PLAN_SERVERS: readonly ServerGroup[] = [
  { count: 3, cores: 8, memoryGb: 16 },
  { count: 3, cores: 4, memoryGb: 8 },
  { count: 3, cores: 4, memoryGb: 8 },
  { count: 2, cores: 4, memoryGb: 8 },
  { count: 2, cores: 2, memoryGb: 4 },
  { count: 1, cores: 4, memoryGb: 8 },
];

/** What the plan says that these servers add up to. */
export const PLAN_SERVER_SUM = { cores: 58, memoryGb: 116 } as const;
