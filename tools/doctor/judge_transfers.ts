import type { Config } from "../../src/config/config.ts";
import { type Finding, problem, well } from "./finding.ts";

/** Judges whether the dialplan knows the numbers to which assistants transfer, by the text of its XML. */
export function judgeTransfers(xml: string, config: Config): Finding[] {
  const numbers = numbersOf(config);
  if (numbers.size === 0) return [];
  const name = config.transferContext;
  const context = contextOf(xml.replace(/<!--[\s\S]*?-->/g, ""), name);
  if (context === undefined) {
    return [problem(
      `the dialplan has no context ${name}: nobody can be transferred`,
      "install freeswitch/dialplan/vapi-agents.xml, set vapi_agents in vapi_vars.xml, and reloadxml",
    )];
  }
  const missing = [...numbers].filter((number) => !isServed(number, context));
  if (missing.length === 0) {
    return [well(`the dialplan has who is transferred to (${name})`)];
  }
  return [problem(
    `the context ${name} has nobody at ${missing.join(", ")}`,
    `set vapi_agents=${[...numbers].join("|")} in vapi_vars.xml, and reloadxml`,
  )];
}

function numbersOf({ assistants }: Config): Set<string> {
  const numbers = new Set<string>();
  for (const { functions } of assistants.values()) {
    for (const { does } of functions) {
      if (!("transfer" in does)) continue;
      for (const number of Object.values(does.transfer)) numbers.add(number);
    }
  }
  return numbers;
}

function contextOf(xml: string, name: string): string | undefined {
  for (const [, tag, body] of xml.matchAll(CONTEXT)) {
    if (new RegExp(`\\bname=["']${name}["']`).test(tag)) return body;
  }
  return undefined;
}

const CONTEXT = /<context\b([^>]*)>([\s\S]*?)<\/context>/g;
const CONDITION =
  /field=["']destination_number["'][^>]*expression=["']([^"']*)["']/g;

function isServed(number: string, context: string): boolean {
  return context.matchAll(CONDITION).some(([, expression]) => {
    try {
      return new RegExp(expression).test(number);
    } catch {
      // PCRE knows more than we do: it may be served.
      return true;
    }
  });
}
