import assert from "node:assert/strict";
import { ToldSupplierBoard } from "../../src/model/supplier_board.ts";
import {
  type Attempt,
  SupplierSearch,
} from "../../src/model/supplier_search.ts";
import { ModelError, type ModelFailure } from "../../src/shard/speech_model.ts";
import { FakeTimers } from "../support/fake_timers.ts";

/** What a supplier does with an attempt: answers, fails at once, or hangs. */
type Conduct = "ok" | "hang" | ModelFailure;

/** A search among suppliers that a test plays; time is fake. */
class SearchRig implements Disposable {
  readonly timers = new FakeTimers();
  readonly reported: string[] = [];
  readonly board = new ToldSupplierBoard((supplier, outcome) =>
    this.reported.push(`${supplier} ${outcome}`)
  );
  /** The attempts so far: when, whom, and how long each was given. */
  readonly tried: string[] = [];
  readonly #startMs = performance.now();
  readonly #suppliers: readonly string[];

  constructor(suppliers: readonly string[]) {
    this.#suppliers = suppliers;
  }

  make(
    conduct: (supplier: string, n: number) => Conduct,
    settings: Partial<{ openMs: number; first: number; giveUpMs: number }> = {},
  ): SupplierSearch<string> {
    let n = 0;
    return new SupplierSearch({
      suppliers: this.#suppliers,
      board: this.board,
      first: 0,
      attempts: 2,
      openMs: 8000,
      giveUpMs: 30_000,
      nowMs: () => performance.now(),
      random: () => 1,
      connect: (attempt) => {
        const supplier = this.#suppliers[attempt.index];
        const atMs = performance.now() - this.#startMs;
        this.tried.push(`${atMs} ${supplier} ${attempt.openMs}`);
        return connect(attempt, supplier, conduct(supplier, n++));
      },
      ...settings,
    });
  }

  [Symbol.dispose](): void {
    const { pending } = this.timers;
    this.timers[Symbol.dispose]();
    assert.equal(pending, 0);
  }
}

async function connect(
  { openMs, signal }: Attempt,
  ...[supplier, conduct]: [string, Conduct]
): Promise<string> {
  if (conduct === "ok") return supplier;
  if (conduct !== "hang") throw new ModelError(conduct, conduct);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, openMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
  throw new ModelError("timeout", "it hangs");
}

const never = () => new AbortController().signal;

/** The outcome of a search, when `ms` have passed. */
async function after(
  { timers }: SearchRig,
  ms: number,
  run: Promise<unknown>,
): Promise<unknown> {
  let outcome: unknown = "pending";
  run.then((found) => outcome = found, (error) => outcome = error);
  await timers.pass(ms);
  return outcome;
}

Deno.test("the first supplier is found at once when it answers", async () => {
  using rig = new SearchRig(["a", "b"]);
  const found = await rig.make(() => "ok").run(never(), true);
  assert.deepEqual(found, { found: "a", attempts: 1 });
  assert.deepEqual(rig.tried, ["0 a 2000"]);
});

Deno.test("a supplier is tried `attempts` times, then the next at once", async () => {
  using rig = new SearchRig(["a", "b"]);
  const search = rig.make((name) => name === "a" ? "overloaded" : "ok");
  const found = await after(rig, 50, search.run(never(), true));
  assert.deepEqual(found, { found: "b", attempts: 3 });
  assert.deepEqual(rig.tried, ["0 a 2000", "50 a 1950", "50 b 2000"]);
});

for (
  const kind of [
    "unauthorized",
    "payment",
    "not_found",
    "moderated",
    "refused",
  ] as const
) {
  Deno.test(`the next supplier is tried at once when one fails as ${kind}`, async () => {
    using rig = new SearchRig(["a", "b"]);
    const search = rig.make((name) => name === "a" ? kind : "ok");
    const found = await search.run(never(), true);
    assert.deepEqual(found, { found: "b", attempts: 2 });
  });
}

Deno.test("the next supplier is reached within 3 s when the first one hangs", async () => {
  using rig = new SearchRig(["a", "b"]);
  const search = rig.make((name) => name === "a" ? "hang" : "ok");
  const found = await after(rig, 2999, search.run(never(), true));
  assert.deepEqual(found, { found: "b", attempts: 2 });
  assert.deepEqual(rig.tried, ["0 a 2000", "2000 b 2000"]);
});

Deno.test("a supplier alone is given all the time that one connection may take", async () => {
  using rig = new SearchRig(["a"]);
  const search = rig.make((_, n) => n === 0 ? "hang" : "ok");
  const found = await after(rig, 8050, search.run(never(), true));
  assert.deepEqual(found, { found: "a", attempts: 2 });
  assert.deepEqual(rig.tried, ["0 a 8000", "8050 a 8000"]);
});

Deno.test("rounds begin with the first again, with longer turns and longer waits", async () => {
  using rig = new SearchRig(["a", "b"]);
  const search = rig.make((_, n) => n < 5 ? "hang" : "ok", { first: 1 });
  await after(rig, 20_200, search.run(never(), true));
  assert.deepEqual(rig.tried, [
    "0 b 2000",
    "2000 a 2000",
    "4050 a 3950",
    "8050 b 3950",
    "12200 a 7800",
    "20200 b 7800",
  ]);
});

Deno.test("a search ends with the last failure when its time is over", async () => {
  using rig = new SearchRig(["a", "b"]);
  const search = rig.make((name) => name === "a" ? "overloaded" : "payment");
  const outcome = await after(rig, 31_000, search.run(never(), true));
  assert.ok(outcome instanceof ModelError);
  const lastMs = Number(rig.tried.at(-1)!.split(" ")[0]);
  assert.ok(lastMs > 25_000 && lastMs <= 30_000, `tried at ${lastMs} ms`);
});

Deno.test("a search without patience ends after one round, whose last turn may be long", async () => {
  using rig = new SearchRig(["a", "b"]);
  const search = rig.make((name) => name === "a" ? "hang" : "rate_limited");
  const outcome = await after(rig, 5000, search.run(never(), false));
  assert.equal((outcome as ModelError).kind, "rate_limited");
  assert.deepEqual(rig.tried, ["0 a 2000", "2000 b 8000", "2050 b 8000"]);
});

Deno.test("an unavailable supplier is passed over while another one is left", async () => {
  using rig = new SearchRig(["a", "b", "c"]);
  rig.board.update(["a"]);
  const search = rig.make((name) => name === "b" ? "refused" : "ok");
  const { found } = await search.run(never(), true);
  assert.equal(found, "c");
  assert.equal(rig.tried.length, 2);
});

Deno.test("all suppliers are tried when none is available", async () => {
  using rig = new SearchRig(["a", "b"]);
  rig.board.update(["a", "b"]);
  const search = rig.make((name) => name === "a" ? "refused" : "ok");
  assert.equal((await search.run(never(), true)).found, "b");
});

Deno.test("conversations that do not last are a failure of the supplier at the third, and time goes on", async () => {
  using rig = new SearchRig(["a", "b"]);
  const search = rig.make(() => "ok");
  const found = [];
  for (let n = 0; n < 6; n++) {
    found.push((await search.run(never(), true)).found);
    search.shortLived(new ModelError("closed", "bye"));
  }
  assert.equal(found.join(""), "aaabbb");
  assert.deepEqual(rig.reported, ["a closed", "b closed"]);
  // From then on each one counts, so that there is a wait before every round.
  const next = await after(rig, 50, search.run(never(), true));
  assert.deepEqual(next, { found: "a", attempts: 1 });
  search.shortLived(new ModelError("closed", "bye"));
  assert.equal(rig.reported.length, 3);
});

Deno.test("a search ends when conversations have not lasted for as long as it may take", async () => {
  using rig = new SearchRig(["a"]);
  const search = rig.make(() => "ok");
  const bye = new ModelError("closed", "bye");
  for (let n = 0; n < 3; n++) {
    await search.run(never(), true);
    search.shortLived(bye);
  }
  await after(rig, 50, search.run(never(), true));
  await rig.timers.pass(30_000);
  search.shortLived(bye);
  await assert.rejects(search.run(never(), true), bye);
});

Deno.test("a search rejects with the signal's reason when it is aborted, in a try or between two", async () => {
  for (const conduct of ["hang", "overloaded"] as const) {
    using rig = new SearchRig(["a"]);
    const abort = new AbortController();
    const reason = new Error("hung up");
    const rejected = assert.rejects(
      rig.make(() => conduct).run(abort.signal, true),
      reason,
    );
    await rig.timers.pass(10);
    abort.abort(reason);
    await rejected;
  }
});
