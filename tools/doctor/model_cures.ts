import type { Config } from "../../src/config/config.ts";
import { SUPPLIERS } from "../../src/config/suppliers.ts";
import { PhaseError } from "./connect_phases.ts";
import { type Finding, problem } from "./finding.ts";
import { ModelRefusal } from "./wait_for.ts";
import { UpgradeError } from "./model_talk.ts";
import { quote, wordsOf } from "./printable.ts";

/** One model of one supplier, as the assistants name it. */
export interface ModelChoice {
  readonly supplier: string;
  readonly model: string;
  readonly voice: string;
}

/** Every model that some assistant may have, each once. */
export function choicesOf(config: Config): ModelChoice[] {
  const all = [...config.assistants.values()].flatMap(({ suppliers }) =>
    suppliers
  );
  const keyOf = ({ supplier, model, voice }: ModelChoice) =>
    JSON.stringify([supplier, model, voice]);
  return [...new Map(all.map((each) => [keyOf(each), each])).values()];
}

/** The beginning of the names of a supplier's variables. */
export function prefixOf(supplier: string): string {
  const known: Readonly<Record<string, { readonly prefix: string }>> =
    SUPPLIERS;
  return known[supplier]?.prefix ?? supplier.toUpperCase();
}

/** Why a session could not be had, and what to do. */
export function describeFailure(
  error: unknown,
  { choice, stage }: { readonly choice: ModelChoice; readonly stage: string },
): Finding {
  if (error instanceof UpgradeError) {
    const what = `the upgrade was answered with ${error.status}`;
    const words = error.message === "" ? "" : `: ${quote(error.message)}`;
    return problem(what + words, cureOf(error.status, choice));
  }
  if (error instanceof PhaseError) {
    return problem(
      `${error.phase} failed: ${wordsOf(error)}`,
      phaseCure(error, prefixOf(choice.supplier)),
    );
  }
  return problem(
    `it did not come to ${stage}: ${wordsOf(error)}`,
    error instanceof ModelRefusal
      ? refusalCure(error, choice)
      : "try again; then look at the supplier's status page, and at proxies on the way",
  );
}

function cureOf(status: number, { supplier, model }: ModelChoice): string {
  const prefix = prefixOf(supplier);
  const cures: Readonly<Record<number, string>> = {
    400:
      `set ${prefix}_MODEL to a realtime model of this account; now ${model}`,
    401: `the key is wrong or was withdrawn: set ${prefix}_API_KEY`,
    402: "the account has no money left: top it up",
    403: `the key may not use ${model}: ask the supplier for the permission`,
    404:
      `set ${prefix}_URL and ${prefix}_MODEL: there is no such address or model`,
    429:
      "too many sessions at once for this account: wait, raise its tier, or lower MAX_CONNECTIONS",
    451: "the supplier's moderation refuses this account or text",
  };
  if (cures[status] !== undefined) return cures[status];
  return status >= 500
    ? "the supplier is overloaded or down: wait, or add another one to SUPPLIERS"
    : `look whether ${prefix}_URL is a realtime API`;
}

function phaseCure({ phase }: PhaseError, prefix: string): string {
  if (phase === "DNS") {
    return `look at ${prefix}_URL and at this machine's /etc/resolv.conf`;
  }
  if (phase === "TCP") {
    return `look at ${prefix}_URL; a firewall may keep this machine from the internet`;
  }
  if (phase === "TLS") {
    return "look at the clock; a proxy may put its own certificate in between";
  }
  return `look whether ${prefix}_URL is a realtime API`;
}

function refusalCure(
  { message }: ModelRefusal,
  { supplier, voice }: ModelChoice,
): string {
  const prefix = prefixOf(supplier);
  if (/voice/i.test(message)) {
    return `${voice} is no voice of this model: set ${prefix}_VOICE, or the assistant's voice`;
  }
  if (/api.?key|unauthorized/i.test(message)) {
    return `the key is wrong or was withdrawn: set ${prefix}_API_KEY`;
  }
  if (/quota|balance|arrear/i.test(message)) {
    return "the account has no money left: top it up";
  }
  return "ask the supplier, with these words";
}
