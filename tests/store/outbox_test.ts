import assert from "node:assert/strict";
import { Outbox, Unwritable, type Waiting } from "../../src/store/outbox.ts";

interface Item extends Waiting {
  readonly name: string;
}

/** An outbox of which a test says what becomes of each item; `wrote` has the names in the order in which they were tried. */
function open(write: (name: string, tries: number) => void) {
  const wrote: string[] = [];
  const dropped: string[] = [];
  const outbox = new Outbox<Item>({
    most: 10,
    write: (item) => {
      wrote.push(item.name);
      const tries = wrote.filter((name) => name === item.name).length;
      return Promise.resolve().then(() => write(item.name, tries));
    },
    state: () => {},
    dropped: ({ name }) => dropped.push(name),
  });
  const add = (names: string) => {
    for (const name of names) {
      outbox.add({ name, bounded: true, droppable: true });
    }
  };
  return { outbox, add, wrote, dropped };
}

Deno.test("what was written is not written again because something before it failed", async () => {
  const { outbox, add, wrote } = open((name, tries) => {
    if (name === "b" && tries <= 3) throw new Error("not yet");
  });
  add("xabcd");
  await outbox.close(5000);
  assert.equal(outbox.waiting, 0);
  assert.deepEqual(wrote, ["x", "a", "b", "c", "d", "b", "b", "b"]);
});

Deno.test("what can never be written is dropped once, also behind something that failed", async () => {
  const { outbox, add, dropped, wrote } = open((name, tries) => {
    if (name === "b" && tries === 1) throw new Error("not yet");
    if (name === "c") throw new Unwritable("never");
  });
  add("xabcd");
  await outbox.close(5000);
  assert.deepEqual(dropped, ["c"]);
  assert.equal(wrote.filter((name) => name === "c").length, 1);
});

Deno.test("room is there again for what comes while something else is tried again and again", async () => {
  const { outbox, add, dropped } = open((name) => {
    if (name === "b") throw new Error("not yet");
  });
  add("xb");
  for (let i = 0; i < 20; i++) {
    add("c");
    await new Promise((resolve) => setTimeout(resolve, 0));
    outbox.kick();
  }
  assert.deepEqual(dropped, []);
  await outbox.close(0);
});
