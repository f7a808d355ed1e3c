import { LastingServer } from "../../src/http/lasting_server.ts";
import { mediaThreads } from "../../src/media/media_thread.ts";
import { DescriptorReserve } from "../../src/net/descriptor_reserve.ts";
import { loadLibc } from "../../src/net/libc.ts";
import { listenEsl } from "../../src/esl/esl_listener.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { until } from "./fake_timers.ts";

/**
 * Uses up all of its descriptors and then does what its argument says: run with
 * `ulimit -n 100`, because the limit is the process's. Prints what came of it.
 */
const HOST = "127.0.0.1";
const libc = loadLibc()!;
const [what, reserved] = Deno.args;
const room = reserved === "0"
  ? undefined
  : new DescriptorReserve(libc, Number(reserved));
const taken: number[] = [];
const works = {
  thread: startThreads(1),
  threads: startThreads(2),
  http: serveHttp,
  esl: acceptCalls,
};
console.log(await works[what as keyof typeof works]());
Deno.exit(0);

/** Threads that are needed now; the runtime ends the process when one finds no descriptor. */
function startThreads(count: number): () => Promise<string> {
  return async () => {
    // As in a server, which has read its modules by then; the first time takes more.
    await startThread();
    takeAll();
    const started = Array.from({ length: count }, startThread);
    return (await Promise.all(started)).join();
  };
}

async function startThread(): Promise<string> {
  const start = mediaThreads(libc, { room });
  const up = Promise.withResolvers<string>();
  try {
    start({
      heard: ({ type }) => up.resolve(type),
      ended: (error) => up.resolve(String(error)),
    });
  } catch (error) {
    return String(error);
  }
  return await up.promise;
}

async function serveHttp(): Promise<string> {
  const server = new LastingServer({
    hostname: HOST,
    port: 0,
    handler: () => new Response("well"),
    log: SILENT_LOG,
  });
  const url = `http://${HOST}:${server.addr.port}`;
  takeAll();
  letGo(1);
  // The one that is free is the client's; its server finds none.
  await fetch(url, { signal: AbortSignal.timeout(500) }).catch(() => {});
  letGo(taken.length);
  let text = "";
  while (text === "") {
    text = await fetch(url).then((answer) => answer.text(), () => "");
  }
  await server.shutdown();
  return text;
}

async function acceptCalls(): Promise<string> {
  let refusals = 0;
  const listener = listenEsl({
    hostname: HOST,
    port: 0,
    // Who calls from elsewhere is refused in its own way, after it was accepted.
    allow: ["192.0.2.1"],
    transferContext: "vapi-agents",
    room,
    log: SILENT_LOG,
    onCall() {},
    onRejected: () => refusals++,
  });
  takeAll();
  letGo(1);
  const caller = await Deno.connect({ hostname: HOST, port: listener.port });
  const seen = await until(() => refusals > 0).then(() => true, () => false);
  if (!seen) return "nobody was accepted";
  caller.close();
  listener.close();
  return `${refusals} refused`;
}

function takeAll(): void {
  for (;;) {
    const fd = libc.epoll_create1(0);
    if (fd < 0) return;
    taken.push(fd);
  }
}

function letGo(count: number): void {
  for (const fd of taken.splice(0, count)) libc.close(fd);
}
