import { z } from "zod";

const texts = z.record(z.string(), z.string()).default({});

const Alert = z.object({
  status: z.enum(["firing", "resolved"]),
  labels: texts,
  annotations: texts,
  startsAt: z.string(),
});

/**
 * What Alertmanager posts to a webhook, as far as the relay reads it: version 4
 * of the format in Alertmanager's documentation of webhook_config.
 */
export const Notification = z.object({
  version: z.literal("4"),
  status: z.enum(["firing", "resolved"]),
  groupLabels: texts,
  truncatedAlerts: z.number().int().nonnegative().default(0),
  alerts: z.array(Alert).min(1),
});

/** One group of alerts. */
export type Notification = z.infer<typeof Notification>;

/** One alert of a group. */
export type NotifiedAlert = z.infer<typeof Alert>;
