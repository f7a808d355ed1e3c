import assert from "node:assert/strict";
import { startRedis } from "../support/redis_server.ts";
import { openStoreNode } from "../support/store_node.ts";
import { eventually } from "../support/store_rig.ts";

Deno.test("a node that is started again after a crash does not take its own name for another's", async () => {
  await using redis = await startRedis();
  await redis.ask("SET", "node:node-1", "the one that crashed", "PX", "500");
  await using node = openStoreNode(redis.url);
  const isOurs = async () => {
    const owner = await redis.ask("GET", "node:node-1");
    return owner !== "" && owner !== "the one that crashed";
  };
  await eventually(isOurs, "the name is ours");
  const errors = node.logged.filter(({ level }) => level === "error");
  assert.deepEqual(errors, []);
});
