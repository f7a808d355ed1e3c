import assert from "node:assert/strict";
import { startRedis } from "../../tools/redis_process.ts";

Deno.test("a Redis of our own keeps what it holds over a stop and a start, and leaves nothing", async () => {
  const folder = await Deno.makeTempDir();
  const redis = await startRedis(`${folder}/redis`);
  try {
    assert.equal(await redis.ask("SET", "greeting", "你好"), "OK");
    await redis.stop();
    await assert.rejects(redis.ask("GET", "greeting"), /did not answer GET/);
    await redis.start();
    assert.equal(await redis.ask("GET", "greeting"), "你好");
  } finally {
    await redis.close();
    await redis.close();
  }
  await assert.rejects(Deno.stat(`${folder}/redis`), Deno.errors.NotFound);
  await Deno.remove(folder);
});

Deno.test("a paused Redis answers when it goes on", async () => {
  const folder = await Deno.makeTempDir();
  const redis = await startRedis(`${folder}/redis`);
  redis.pause();
  let answered = false;
  const answer = redis.ask("PING").then((pong) => {
    answered = true;
    return pong;
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(answered, false);
  redis.resume();
  assert.equal(await answer, "PONG");
  await redis.close();
  await Deno.remove(folder);
});
