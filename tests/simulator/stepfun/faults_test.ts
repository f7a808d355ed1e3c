import assert from "node:assert/strict";
import {
  type Faults,
  parseFault,
} from "../../../src/simulator/stepfun/faults.ts";
import { type Client, withStepFun } from "./client.ts";

function withFault(faults: Faults, test: (client: Client) => Promise<void>) {
  return withStepFun({ mode: "parrot", faults }, async (_fun, connect) => {
    await test(connect());
  });
}

/** Asks and waits for the answer's end. */
async function answered(client: Client): Promise<Client> {
  await client.ready();
  client.ask("hello");
  await client.until("response.done");
  return client;
}

Deno.test("a refused upgrade opens no socket", async () => {
  await withFault({ refuseStatus: 503 }, async (client) => {
    await assert.rejects(client.opened);
  });
});

Deno.test("session.created is left out", async () => {
  await withFault({ noSessionCreated: true }, async (client) => {
    await client.opened;
    client.send({ type: "session.update", session: {} });
    await client.until("session.updated");
    assert.deepEqual(client.types(), ["session.updated"]);
  });
});

Deno.test("session.updated is left out", async () => {
  await withFault({ noSessionUpdated: true }, async (client) => {
    await client.opened;
    client.send({ type: "session.update", session: {} });
    client.send({ type: "ping" });
    await client.until("error");
    assert.deepEqual(client.types(), ["session.created", "error"]);
  });
});

Deno.test("what is injected comes right after its step", async () => {
  const faults = {
    brokenJson: true,
    unknownEvent: true,
    errorEvent: "engine on fire",
    binaryFrame: true,
    injectAt: "created",
  } as const;
  await withFault(faults, async (client) => {
    await client.until("binary");
    const [, broken, , error] = client.received;
    assert.deepEqual(client.types(), [
      "session.created",
      "?",
      "response.surprise",
      "error",
      "binary",
    ]);
    assert.throws(() => JSON.parse(broken.text));
    assert.equal(error.error.message, "engine on fire");
    client.ask("hello");
    await client.until("response.done");
  });
});

Deno.test("the first delta is not base64", async () => {
  await withFault({ badBase64: true }, async (client) => {
    await answered(client);
    const deltas = client.received
      .filter((event) => event.type === "response.audio.delta");
    assert.throws(() => Uint8Array.fromBase64(deltas[0].delta));
    assert.ok(Uint8Array.fromBase64(deltas[1].delta).length > 0);
  });
});

Deno.test("the first delta ends in the middle of a sample, where the second goes on", async () => {
  await withFault({ oddLengthDelta: true }, async (client) => {
    await answered(client);
    const lengths = client.received
      .filter((event) => event.type === "response.audio.delta")
      .map((event) => Uint8Array.fromBase64(event.delta).length % 2);
    assert.deepEqual(lengths.slice(0, 2), [1, 1]);
  });
});

Deno.test("a huge delta comes whole", async () => {
  await withFault({ hugeDelta: 10_000_000 }, async (client) => {
    await client.ready();
    client.ask("hello");
    const { delta } = await client.until("response.audio.delta");
    assert.equal(Uint8Array.fromBase64(delta).length, 10_000_000);
    await client.until("response.done");
  });
});

Deno.test("ids are missing", async () => {
  await withFault({ missingIds: true }, async (client) => {
    await answered(client);
    const parts = client.received.filter((event) =>
      /^response\.(audio|content|output)/.test(event.type)
    );
    assert.ok(parts.length > 5);
    for (const part of parts) {
      assert.ok(!("response_id" in part) && !("item_id" in part), part.type);
    }
  });
});

Deno.test("content is null", async () => {
  await withFault({ nullContent: true }, async (client) => {
    await answered(client);
    const items = client.received
      .flatMap((event) => event.item === undefined ? [] : [event.item]);
    assert.equal(items.length, 4);
    for (const item of items) assert.equal(item.content, null);
  });
});

Deno.test("transcripts come without audio", async () => {
  await withFault({ noAudio: true }, async (client) => {
    await answered(client);
    assert.equal(client.heard().length, 0);
    assert.ok(client.types().includes("response.audio_transcript.done"));
  });
});

Deno.test("every event is late", async () => {
  await withFault({ slow: 60 }, async (client) => {
    await client.opened;
    const startMs = performance.now();
    await answered(client);
    assert.ok(performance.now() - startMs > 150);
    assert.equal(client.types().at(-1), "response.done");
  });
});

/** The last event that still comes, for each step. */
const LAST = {
  open: undefined,
  created: "session.created",
  updated: "session.updated",
  "response.created": "response.created",
  first_delta: "response.audio.delta",
  mid_response: "response.audio.delta",
  "audio.done": "response.audio.done",
  "response.done": "response.done",
} as const;

for (const [step, last] of Object.entries(LAST)) {
  for (const code of [1006, 1011]) {
    Deno.test(`the socket closes with ${code} at ${step}`, async () => {
      const faults = parseFault(`closeAt=${step}:${code}`);
      await withFault(faults, async (client) => {
        // The socket may close while this waits; what counts is what came.
        await answered(client).catch(() => {});
        assert.equal(await client.closed, code);
        assert.equal(client.types().at(-1), last);
      });
    });
  }
}

Deno.test("half of the deltas come before the middle of a response", async () => {
  await withFault(parseFault("closeAt=mid_response:1011"), async (client) => {
    await answered(client).catch(() => {});
    await client.closed;
    const deltas = client.types()
      .filter((type) => type === "response.audio.delta");
    assert.equal(deltas.length, 4);
  });
});

Deno.test("nothing comes after a stall and the socket stays open", async () => {
  const options = {
    mode: "parrot",
    faults: { stallAt: "first_delta" },
  } as const;
  await withStepFun(options, async (fun, connect) => {
    const client = await connect().ready();
    client.ask("hello");
    await client.until("response.audio.delta");
    client.send({ type: "ping" });
    // The client's close is answered, so all that was sent before has come.
    await client.close();
    assert.equal(client.types().at(-1), "response.audio.delta");
    assert.equal(fun.sessions().length, 0);
  });
});

Deno.test("an upgrade stalls until its connection is cut", async () => {
  const accepted = Promise.withResolvers<void>();
  const faults = (index: number): Faults => {
    accepted.resolve();
    return index === 0 ? { stallAt: "upgrade" } : {};
  };
  await withStepFun({ mode: "parrot", faults }, async (fun, connect) => {
    const stalled = connect();
    await accepted.promise;
    // A later client gets through all its steps in the meantime.
    await connect().ready();
    assert.deepEqual(fun.sessions().map(({ index }) => index), [1]);
    fun.cutAll();
    await assert.rejects(stalled.opened);
  });
});

Deno.test("faults may differ from connection to connection", async () => {
  const options = {
    mode: "parrot",
    faults: (index: number) => index === 0 ? { refuseStatus: 500 } : {},
  } as const;
  await withStepFun(options, async (fun, connect) => {
    await assert.rejects(connect().opened);
    await connect().ready();
    assert.deepEqual(fun.sessions().map(({ index }) => index), [1]);
  });
});

Deno.test("a fault is read as it is typed", () => {
  assert.deepEqual(parseFault("brokenJson"), { brokenJson: true });
  assert.deepEqual(parseFault("noAudio=false"), { noAudio: false });
  assert.deepEqual(parseFault("refuseStatus=429"), { refuseStatus: 429 });
  assert.deepEqual(parseFault("errorEvent=a=b"), { errorEvent: "a=b" });
  assert.deepEqual(parseFault("hugeDelta"), { hugeDelta: 10_000_000 });
  assert.deepEqual(parseFault("slow=5"), { slow: 5 });
  assert.deepEqual(parseFault("stallAt=open"), { stallAt: "open" });
  assert.deepEqual(parseFault("injectAt=updated"), { injectAt: "updated" });
  assert.deepEqual(parseFault("closeAt=first_delta"), {
    closeAt: { step: "first_delta", code: 1006 },
  });
  for (
    const wrong of [
      "",
      "nothing",
      "brokenJson=perhaps",
      "refuseStatus",
      "refuseStatus=200",
      "stallAt=never",
      "closeAt=created:99",
      "slow=-1",
    ]
  ) {
    assert.throws(() => parseFault(wrong), RangeError, wrong);
  }
});
