import assert from "node:assert/strict";
import {
  type AssistantFunction,
  assistantFunctions,
  type FunctionDeed,
} from "../../src/functions/assistant_functions.ts";
import type { FunctionOutcome } from "../../src/router/call_functions.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { CHANNEL } from "../support/call_rig.ts";

const TOKEN = "0123456789abcdef";

/** A service of an operator's, which answers as a test has it answer. */
function startService(
  answer: (request: Request) => Response | Promise<Response>,
) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

/** Has an assistant's only function called. */
function call(
  does: FunctionDeed,
  words: string,
  { name = "f", mayTransfer = true, signal = new AbortController().signal } =
    {},
): Promise<FunctionOutcome> {
  const functions: AssistantFunction[] = [{ name: "f", does }];
  const run = assistantFunctions({
    assistants: new Map([["default", { functions }]]),
    token: TOKEN,
    log: SILENT_LOG,
  });
  return run({
    channel: CHANNEL,
    assistantId: "default",
    call: { id: "c1", name, arguments: words },
    mayTransfer,
  }, signal);
}

function errorOf({ output }: FunctionOutcome): string {
  return JSON.parse(output).error;
}

Deno.test("a service is asked with the call, the arguments and the token, and its answer is the model's", async () => {
  let asked: unknown;
  let authorization: string | null = null;
  await using service = startService(async (request) => {
    authorization = request.headers.get("authorization");
    asked = await request.json();
    return new Response("订单在路上");
  });
  const does = { url: service.url, timeoutMs: 3000 };
  assert.deepEqual(await call(does, '{"phone":"138"}'), {
    result: "ok",
    output: "订单在路上",
  });
  assert.equal(authorization, `Bearer ${TOKEN}`);
  assert.deepEqual(asked, {
    callId: CHANNEL.uuid,
    functionCallId: "c1",
    function: "f",
    arguments: { phone: "138" },
    assistantId: "default",
    caller: CHANNEL.callerNumber,
    called: CHANNEL.calledNumber,
  });
});

const FAULTS: Record<string, () => Response | Promise<Response>> = {
  "answers 500": () => new Response("secret details", { status: 500 }),
  "sends us elsewhere": () =>
    new Response(null, {
      status: 302,
      headers: { location: "http://127.0.0.1:9/" },
    }),
  "answers with more than a model can use": () =>
    new Response("x".repeat(16 * 1024 + 1)),
  "answers without end": () =>
    new Response(
      new ReadableStream({
        pull: (to) => to.enqueue(new Uint8Array(1024).fill(65)),
      }),
    ),
  "answers no text": () => new Response(Uint8Array.of(0xff, 0xfe)),
  "takes too long": () =>
    new Promise((resolve) =>
      setTimeout(() => resolve(new Response("late")), 400)
    ),
};

for (const [what, answer] of Object.entries(FAULTS)) {
  Deno.test(`a service that ${what} costs the model an error, without a word of it`, async () => {
    await using service = startService(answer);
    const outcome = await call({ url: service.url, timeoutMs: 150 }, "{}");
    assert.deepEqual(outcome, {
      result: "failed",
      output: '{"error":"the service cannot be reached now"}',
    });
  });
}

Deno.test("a service that is not there costs the model an error", async () => {
  const does = { url: "http://127.0.0.1:1/", timeoutMs: 3000 };
  assert.equal((await call(does, "{}")).result, "failed");
});

Deno.test("a call that ends does not wait for its service", async () => {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<Response>();
  await using service = startService(({ signal }) => {
    asked.resolve();
    signal.addEventListener("abort", () => left.resolve(new Response()));
    return left.promise;
  });
  const over = new AbortController();
  const does = { url: service.url, timeoutMs: 20_000 };
  const outcome = call(does, "", { signal: over.signal });
  await asked.promise;
  over.abort();
  assert.equal((await outcome).result, "failed");
  await left.promise;
});

for (const words of ["[]", "7", "null", '"x"', "{", "{}}"]) {
  Deno.test(`arguments that are ${words} reach no service`, async () => {
    const does = { url: "http://127.0.0.1:1/", timeoutMs: 3000 };
    const outcome = await call(does, words);
    assert.equal(errorOf(outcome), "the arguments must be a JSON object");
  });
}

Deno.test("a function that the assistant has not is unknown", async () => {
  const outcome = await call({ hangUp: true }, "{}", { name: "g" });
  assert.equal(outcome.result, "unknown");
  assert.equal(outcome.after, undefined);
});

Deno.test("hanging up is announced to the model, and follows", async () => {
  const outcome = await call({ hangUp: true }, "");
  assert.deepEqual(outcome.after, { do: "hang_up" });
  assert.ok(JSON.parse(outcome.output).ok);
});

const PEOPLE = { transfer: { sales: "8001", support: "8002" } };

Deno.test("a caller is sent to the number of the name that the model chooses", async () => {
  const outcome = await call(PEOPLE, '{"to":"support"}');
  assert.deepEqual(outcome.after, { do: "transfer", to: "8002" });
});

Deno.test("the only number need not be named", async () => {
  const outcome = await call({ transfer: { people: "8000" } }, "");
  assert.deepEqual(outcome.after, { do: "transfer", to: "8000" });
});

for (const words of ["{}", '{"to":"8002"}', '{"to":"toString"}', '{"to":7}']) {
  Deno.test(`a transfer with ${words} goes nowhere, and tells where it may go`, async () => {
    const outcome = await call(PEOPLE, words);
    assert.equal(outcome.after, undefined);
    assert.equal(errorOf(outcome), '"to" must be one of sales, support');
  });
}

Deno.test("a line without a dialplan is not transferred", async () => {
  const outcome = await call(PEOPLE, '{"to":"sales"}', { mayTransfer: false });
  assert.equal(outcome.after, undefined);
  assert.match(errorOf(outcome), /cannot be transferred/);
});
