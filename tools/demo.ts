import { createFreeSwitch } from "../src/simulator/freeswitch/free_switch.ts";
import { startStepFun } from "../src/simulator/stepfun/start_stepfun.ts";
import { readWav, writeWav } from "../src/simulator/wav.ts";
import { type DemoCall, placeDemoCall, RATE_HZ } from "./demo/demo_call.ts";
import { type DemoOptions, readOptions, USAGE } from "./demo/options.ts";
import { reportDemo } from "./demo/report.ts";
import { drawDemo } from "./demo/picture.ts";
import { type LogLine, startServer } from "./server_process.ts";

const OUT = "out/demo";
/** The model thinks for this long before it speaks, as the live one does for longer. */
const FIRST_AUDIO_DELAY_MS = 300;

const options = parse();
const speech = readSpeech(options.wav);
const startedMs = performance.now();
const ok = await run(options, speech);
Deno.exit(ok ? 0 : 1);

async function run(
  options: DemoOptions,
  speech: Int16Array,
): Promise<boolean> {
  const stepFun = startStepFun({
    mode: "parrot",
    firstAudioDelayMs: FIRST_AUDIO_DELAY_MS,
  });
  const interruptions: LogLine[] = [];
  tell(`simulated speech model on ${stepFun.url}`);
  const server = await startServer({
    environment: {
      STEPFUN_URL: stepFun.url,
      SHARDS: String(options.shards),
      ASSISTANTS_FILE: "",
    },
    onLog: (line) => {
      if (line.message !== "The caller interrupted") return;
      interruptions.push(line);
      const { stopMs, heardMs } = line;
      tell(
        `the caller interrupts: silence after ${
          Math.round(Number(stopMs))
        } ms, ${Math.round(Number(heardMs))} ms of the answer were heard`,
      );
    },
    onError: (line) => console.error(line),
  });
  tell(
    `server on ${server.httpUrl}, event socket port ${server.eslPort}, ${options.shards} shard(s)`,
  );
  const freeSwitch = createFreeSwitch();
  const wallStart = Date.now();
  const calls: DemoCall[] = [];
  for (let i = 0; i < options.calls; i++) {
    calls.push(placeDemoCall(freeSwitch, {
      eslPort: server.eslPort,
      speech,
      number: `1380013${String(8000 + i)}`,
      tell: i === 0 ? tell : () => {},
    }));
  }
  const outcomes = await Promise.all(calls.map((call) => call.ended));
  const metrics = await server.metrics();
  const exitCode = await server.stop();
  tell(`server stopped with code ${exitCode}`);
  await freeSwitch.close();
  await stepFun.close();

  writeFiles(calls[0], speech, interruptions, wallStart);
  const report = reportDemo({
    calls,
    outcomes,
    speech,
    metrics,
    violations: freeSwitch.violations.length,
    exitCode,
  });
  console.log(`\n${report.table}\n`);
  console.log(
    `Listen and look: ${OUT}/said.wav, ${OUT}/heard.wav, ${OUT}/timeline.svg`,
  );
  for (const problem of report.problems) console.error(`✗ ${problem}`);
  if (report.problems.length === 0) console.log("✓ The demo went well.");
  return report.problems.length === 0;
}

function writeFiles(
  call: DemoCall,
  speech: Int16Array,
  interruptions: readonly LogLine[],
  wallStart: number,
): void {
  Deno.mkdirSync(OUT, { recursive: true });
  Deno.writeFileSync(`${OUT}/said.wav`, writeWav(call.said.slice(), RATE_HZ));
  Deno.writeFileSync(`${OUT}/heard.wav`, writeWav(call.heard.slice(), RATE_HZ));
  const own = interruptions.filter((line) => line.callId === call.uuid);
  const interruptedMs = own.map((line) =>
    Date.parse(String(line.time)) - wallStart
  );
  Deno.writeTextFileSync(
    `${OUT}/timeline.svg`,
    drawDemo({ call, speech, interruptedMs }),
  );
}

function tell(what: string): void {
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${seconds.toFixed(2).padStart(6)} s  ${what}`);
}

function parse(): DemoOptions {
  try {
    const options = readOptions(Deno.args);
    if (options !== undefined) return options;
    console.log(USAGE);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n`);
    console.error(USAGE);
    Deno.exit(2);
  }
  Deno.exit(0);
}

function readSpeech(path: string): Int16Array {
  try {
    const { samples, rateHz } = readWav(Deno.readFileSync(path));
    if (rateHz === RATE_HZ) return samples;
    throw new RangeError(`it has ${rateHz} Hz, and ${RATE_HZ} Hz are needed`);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    console.error(`Cannot use ${path}: ${why}`);
    Deno.exit(2);
  }
}
