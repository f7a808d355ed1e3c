import { ConfigurationError } from "../src/errors.ts";
import { createLog } from "../src/telemetry/log.ts";
import { Relay } from "./alert_relay/relay.ts";
import { Robot } from "./alert_relay/robot.ts";
import {
  readSettings,
  RELAY_VARIABLES,
  type RelaySettings,
} from "./alert_relay/settings.ts";

/** Alertmanager gives up after its group_interval; a robot answers in well under a second. */
const ROBOT_TIMEOUT_MS = 8000;
const BODY_TIMEOUT_MS = 5000;

/** The exit code for settings that cannot be used. */
const BAD_CONFIGURATION = 2;

/** Runs until SIGTERM or SIGINT; notifications under way are finished first. */
async function serve(settings: RelaySettings): Promise<void> {
  const log = createLog({ level: "info", sink: console.log, showPii: false });
  const relay = new Relay({
    log,
    bodyTimeoutMs: BODY_TIMEOUT_MS,
    robots: [...settings.robots].map(([kind, robot]) =>
      new Robot(kind, { ...robot, timeoutMs: ROBOT_TIMEOUT_MS })
    ),
  });
  const server = Deno.serve({
    hostname: settings.host,
    port: settings.port,
    onListen: ({ hostname, port }) =>
      log.info("The relay takes notifications", {
        http: `${hostname}:${port}`,
        robots: [...settings.robots.keys()],
      }),
  }, (request) => relay.answer(request));
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, stopped.resolve);
  }
  await stopped.promise;
  await server.shutdown();
}

/** The command; returns its exit code. */
async function main(): Promise<number> {
  try {
    const read = (name: string) => [name, Deno.env.get(name)];
    await serve(readSettings(Object.fromEntries(RELAY_VARIABLES.map(read))));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      console.error(`The relay cannot run: ${error}`);
      return 1;
    }
    console.error("The settings cannot be used:");
    for (const problem of error.problems) console.error(`  - ${problem}`);
    console.error("See docs/alerts.md.");
    return BAD_CONFIGURATION;
  }
}

if (import.meta.main) Deno.exit(await main());
