import assert from "node:assert/strict";
import { ModelError } from "../../src/shard/speech_model.ts";
import { created, delta, done } from "../support/model_events.ts";
import { type Heard, makeModel } from "../support/model_rig.ts";
import {
  greet,
  type ScriptedModel,
  type ScriptedPeer,
  startScriptedModel,
} from "../support/scripted_model.ts";
import { printedRandom, type Random } from "../support/seeded_random.ts";

const WALKS = 12;
const MOST_WALKS = 100;
const STEPS = 40;
/** The model's clock runs faster, so that conversations last, and are renewed, within a test. */
const HASTE = 200;

/** Plays a supplier's end at random, until its connection is closed. */
async function play(peer: ScriptedPeer, random: Random): Promise<void> {
  const fate = random();
  if (fate < 0.1) return peer.close();
  if (fate < 0.2) return peer.send({ type: "session.created" });
  void peer.closed.then(() => gone = true);
  let gone = false;
  await Promise.race([greet(peer), peer.closed]);
  if (fate < 0.4) return peer.close(1011);
  for (let n = 0; !gone && n < 100; n++) {
    const id = `r${n}`;
    const events = [created(id), delta(id, "item"), done(id)];
    for (const event of events) {
      await turn();
      if (gone) return;
      if (random() < 0.03) return peer.close();
      if (random() < 0.02) peer.send({ type: "error", error: { code: 401 } });
      if (random() < 0.9) peer.send(event);
    }
  }
}

/** Checks, with each event, what a session relies on. */
class Witness {
  #isAway = false;
  #isResponding = false;
  isOver = false;
  readonly names: string[] = [];
  /** What was wrong; kept, because a socket's owner would take it for the socket's. */
  readonly breaches: unknown[] = [];

  hear(event: Heard): void {
    try {
      this.#check(event);
    } catch (error) {
      this.breaches.push(error);
    }
  }

  #check([name]: Heard): void {
    this.names.push(name);
    assert.ok(!this.isOver, `${name} came after closed`);
    switch (name) {
      case "lost":
        assert.ok(!this.#isAway, "it was lost twice");
        assert.ok(!this.#isResponding, "a response outlived its conversation");
        this.#isAway = true;
        break;
      case "regained":
        assert.ok(this.#isAway, "it was regained and not lost");
        this.#isAway = false;
        break;
      case "renewed":
        assert.ok(!this.#isAway, "it was renewed while it was away");
        break;
      case "responseStarted":
        assert.ok(!this.#isAway, "a response began while nobody was there");
        assert.ok(!this.#isResponding, "a response began within another");
        this.#isResponding = true;
        break;
      case "audio":
        assert.ok(this.#isResponding, "audio belongs to a response");
        break;
      case "responseEnded":
        assert.ok(this.#isResponding, "a response ended that had not begun");
        this.#isResponding = false;
        break;
      case "closed":
        assert.ok(!this.#isResponding, "a response outlived the model");
        this.isOver = true;
        break;
    }
  }
}

async function walk(
  random: Random,
  plays: Promise<void>[],
): Promise<readonly string[]> {
  const refuse = () => [401, 503][Math.floor(random() * 8)];
  await using first = startScriptedModel({ refuse });
  await using second = startScriptedModel({ refuse });
  let isServing = true;
  const serve = async ({ accept }: ScriptedModel) => {
    while (isServing) {
      plays.push(play(await accept(), random).catch(ignoreClosed));
    }
  };
  void serve(first);
  void serve(second);
  const urls = { stepfun: first.url, openai: second.url };
  await using rig = makeModel(urls, {
    random,
    nowMs: () => performance.now() * HASTE,
    giveUpMs: 400 * HASTE,
    // A clock that hastes leaves a turn 10 ms.
    deadlines: { openMs: 300, settleMs: 20, responseMs: 20 },
    sessionLimitMs: 300_000 + 50 * random(),
    history: () => [{ role: "caller", text: "hello" }],
  });
  const witness = new Witness();
  const { model, heard } = rig;
  heard.push = (event) => witness.hear(event);
  const opened = await model.open(new AbortController().signal).then(
    () => true,
    (error) => assert.ok(error instanceof ModelError, String(error)),
  );
  for (let n = 0; opened && n < STEPS; n++) {
    await turn();
    act(model, random);
  }
  model.close();
  assert.equal(witness.isOver, opened === true);
  isServing = false;
  model.sendText("nobody is there");
  assert.deepEqual(witness.breaches, []);
  return witness.names;
}

function act(
  model: ReturnType<typeof makeModel>["model"],
  random: Random,
): void {
  const what = random();
  if (what < 0.2) model.sendText("go on");
  else if (what < 0.4) model.appendAudio(Int16Array.of(1, 2, 3));
  else if (what < 0.6) model.interrupt(10);
  else if (what < 0.9) model.quiet();
  else if (what < 0.93) model.abandon(new ModelError("timeout", "silent"));
}

/** Lets sockets and timers have a turn. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A peer may find its connection closed under its hands. */
function ignoreClosed(error: unknown): void {
  assert.match(String(error), /readyState|InvalidState/i);
}

Deno.test("lost and regained alternate, responses end, and there is one end, whatever suppliers do", async () => {
  const random = printedRandom("suppliers at random");
  const plays: Promise<void>[] = [];
  const names: string[] = [];
  const isTame = () => !names.includes("lost") || !names.includes("regained");
  for (let n = 0; n < WALKS || isTame(); n++) {
    // Suppliers that are too tame show nothing.
    assert.ok(n < MOST_WALKS, "nothing was lost and regained");
    names.push(...await walk(random, plays));
  }
  await Promise.all(plays);
});
