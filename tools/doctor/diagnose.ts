import { checkFreeSwitch } from "./check_freeswitch.ts";
import { checkFunctions } from "./check_functions.ts";
import { checkLimits } from "./check_limits.ts";
import { checkModels } from "./check_model.ts";
import { checkPorts } from "./check_ports.ts";
import { checkRedis } from "./check_redis.ts";
import { checkRuntime } from "./check_runtime.ts";
import { withDeadline } from "./deadline.ts";
import { type Finding, problem } from "./finding.ts";
import { CHECK_NAMES, type CheckName } from "./options.ts";
import type { Patient } from "./patient.ts";
import { hideSecrets, wordsOf } from "./printable.ts";
import { secretsOf } from "./read_settings.ts";

/** A finding, and the check that made it. */
export interface NamedFinding extends Finding {
  readonly check: CheckName;
}

/** What a diagnosis needs besides the patient. */
export interface Diagnosis {
  /** What reading the settings found. */
  readonly settings: readonly Finding[];
  readonly signal: AbortSignal;
  /** Called with each finding as soon as it is there. */
  readonly onFinding: (finding: NamedFinding) => void;
}

type Check = (patient: Patient, signal: AbortSignal) => Promise<Finding[]>;

/** Each of the model's steps has a bound of its own; this is for the sum. */
const MODEL_MS = 30 * 60_000;

const CHECKS: Readonly<
  Record<Exclude<CheckName, "configuration">, [Check, timeoutMs: number]>
> = {
  runtime: [checkRuntime, 5000],
  limits: [checkLimits, 5000],
  ports: [checkPorts, 5000],
  redis: [checkRedis, 10_000],
  functions: [checkFunctions, 10_000],
  freeswitch: [checkFreeSwitch, 10_000],
  model: [(patient, signal) => checkModels(patient, { signal }), MODEL_MS],
};

/** Runs the checks that were asked for, one after the other. Rejects with the signal's reason when it ends them. */
export async function diagnose(
  patient: Patient,
  { settings, signal, onFinding }: Diagnosis,
): Promise<void> {
  const secrets = secretsOf(patient.environment);
  secrets.push(patient.options.fsPassword ?? "");
  const tell = (check: CheckName, findings: readonly Finding[]) => {
    for (const { state, what, todo } of findings) {
      onFinding({
        check,
        state,
        what: hideSecrets(what, secrets),
        todo: todo === undefined ? undefined : hideSecrets(todo, secrets),
      });
    }
  };
  const asked = CHECK_NAMES.filter((name) =>
    patient.options.only.includes(name)
  );
  for (const name of asked) {
    tell(
      name,
      name === "configuration" ? settings : await run(name, patient, signal),
    );
  }
}

async function run(
  name: Exclude<CheckName, "configuration">,
  patient: Patient,
  signal: AbortSignal,
): Promise<Finding[]> {
  const needsSettings = name === "redis" || name === "model" ||
    name === "ports" || name === "functions";
  if (needsSettings && patient.config === undefined) {
    return [problem(
      "not looked at, since the settings cannot be used",
      "correct the settings first",
    )];
  }
  const [check, timeoutMs] = CHECKS[name];
  try {
    return await withDeadline(
      { timeoutMs, signal },
      (signal) => check(patient, signal),
    );
  } catch (error) {
    signal.throwIfAborted();
    return [problem(
      `could not be looked at: ${wordsOf(error)}`,
      "look whether the address is right and a firewall swallows packets",
    )];
  }
}
