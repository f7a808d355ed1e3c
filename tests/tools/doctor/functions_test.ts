import assert from "node:assert/strict";
import { checkFunctions } from "../../../tools/doctor/check_functions.ts";
import { judgeTransfers } from "../../../tools/doctor/judge_transfers.ts";
import { forever, linesOf, patient } from "./patient.ts";

const PATH = "/etc/assistants.json";

/** A patient whose only assistant has these functions. */
function withFunctions(functions: readonly unknown[]) {
  const assistant = { name: "A", instructions: "Be brief.", functions };
  const files = { [PATH]: JSON.stringify({ default: assistant }) };
  return patient({ ASSISTANTS_FILE: PATH }, [], files);
}

const asking = (name: string, url: string) => ({
  name,
  description: "Asks.",
  url,
});

Deno.test("functions without a service are well", async () => {
  const lines = linesOf(await checkFunctions(withFunctions([]), forever()));
  assert.deepEqual(lines, ["ok: no function asks a service"]);
});

Deno.test("a service is well when it takes connections, and nothing is asked of it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  const functions = [asking("a", `${origin}/a`), asking("b", `${origin}/b`)];
  const [conn, findings] = await Promise.all([
    listener.accept(),
    checkFunctions(withFunctions(functions), forever()),
  ]);
  assert.deepEqual(linesOf(findings), [
    `ok: ${origin} takes connections (a, b)`,
  ]);
  assert.equal(await conn.read(new Uint8Array(1)), null);
  conn.close();
});

Deno.test("a service is a problem when nobody is there", async () => {
  const functions = [asking("a", "http://127.0.0.1:1/a")];
  const lines = linesOf(
    await checkFunctions(withFunctions(functions), forever()),
  );
  assert.match(
    lines[0],
    /^problem: nobody answers at http:\/\/127.0.0.1:1 \(a\)/,
  );
});

const { config } = withFunctions([{
  name: "to_people",
  description: "Sends.",
  transfer: { a: "8001", b: "8002" },
}]);

function agents(expression: string): string {
  return `<context name="from-uap"></context><context name="vapi-agents">
    <extension name="agent"><condition field="destination_number" expression="${expression}">
    <action application="bridge" data="x"/></condition></extension></context>`;
}

Deno.test("transfers are well when the dialplan has each number", () => {
  const lines = linesOf(judgeTransfers(agents("^(?:800[12])$"), config));
  assert.match(lines[0], /^ok: .*vapi-agents/);
});

Deno.test("transfers are a problem when the dialplan lacks a number, or all of it", () => {
  const some = linesOf(judgeTransfers(agents("^(?:8001)$"), config));
  assert.match(
    some[0],
    /^problem: .* has nobody at 8002 → set vapi_agents=8001\|8002/,
  );
  const none = linesOf(judgeTransfers("<context name='x'></context>", config));
  assert.match(none[0], /^problem: the dialplan has no context vapi-agents/);
  const hidden = linesOf(judgeTransfers(`<!-- ${agents(".*")} -->`, config));
  assert.match(hidden[0], /no context/);
});

Deno.test("an expression that only FreeSWITCH understands is given the benefit of the doubt", () => {
  assert.match(linesOf(judgeTransfers(agents("(?i)^8("), config))[0], /^ok/);
});

Deno.test("nobody who is transferred needs no context", () => {
  assert.deepEqual(judgeTransfers("", withFunctions([]).config), []);
});
