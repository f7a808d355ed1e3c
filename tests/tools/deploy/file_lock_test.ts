import assert from "node:assert/strict";
import { FileLock } from "../../../tools/deploy/file_lock.ts";

const MODULE = new URL("../../../tools/deploy/file_lock.ts", import.meta.url);

Deno.test("a lock has one holder, is free again when it is released, and names its holder", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/lock`;
    assert.equal(await FileLock.holder(path), undefined);
    const lock = await FileLock.tryTake(path);
    assert.equal(await FileLock.tryTake(path), undefined);
    assert.equal(await FileLock.holder(path), Deno.pid);
    lock!.release();
    const again = await FileLock.tryTake(path);
    assert.ok(again);
    again.release();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a lock is free when its holder was killed", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/lock`;
    const code = `import { FileLock } from "${MODULE}";
      await FileLock.tryTake("${path}"); console.log("has it");
      await new Promise(() => setInterval(() => {}, 1000));`;
    await Deno.writeTextFile(`${directory}/holder.ts`, code);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "--allow-read",
        "--allow-write",
        `${directory}/holder.ts`,
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    assert.equal(await FileLock.holder(path), child.pid);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    assert.equal(await FileLock.holder(path), undefined);
    const lock = await FileLock.tryTake(path);
    assert.ok(lock);
    lock.release();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
