/** What the debugger's answers carry. */
interface Answer {
  readonly id?: number;
  readonly result?: {
    readonly result?: { readonly objectId?: string; readonly value?: unknown };
    readonly objects?: { readonly objectId: string };
    readonly exceptionDetails?: unknown;
  };
  readonly error?: { readonly message: string };
}

/** Finds the threads of a server's shards in its heap, in the order in which they were made, and throws a fault at one. */
const FAULT = `async function (which) {
  const alive = this.filter((worker) => worker.threadId > 0);
  const byAge = alive.sort((a, b) => a.threadId - b.threadId);
  if (byAge.length === 0) return -1;
  byAge[which % byAge.length].postMessage(null);
  return byAge.length;
}`;

/**
 * Kills a shard of a running server through its debugger: a message that no
 * main thread would send makes it throw. The server itself has no such door. Rejects
 * when the debugger does not answer or no shard is there.
 */
export async function killShard(
  debuggerUrl: string,
  which: number,
): Promise<void> {
  const socket = new WebSocket(debuggerUrl);
  const ask = dialogue(socket);
  try {
    const prototype = await ask("Runtime.evaluate", {
      expression:
        'process.getBuiltinModule("node:worker_threads").Worker.prototype',
    });
    const workers = await ask("Runtime.queryObjects", {
      prototypeObjectId: prototype?.result?.objectId,
    });
    const shards = await ask("Runtime.callFunctionOn", {
      objectId: workers?.objects?.objectId,
      functionDeclaration: FAULT,
      arguments: [{ value: which }],
      awaitPromise: true,
      returnByValue: true,
    });
    if (Number(shards?.result?.value) > 0) return;
    throw new Error(`No shard was found: ${JSON.stringify(shards)}`);
  } finally {
    await closed(socket);
  }
}

function dialogue(socket: WebSocket) {
  const waiting = new Map<number, PromiseWithResolvers<Answer["result"]>>();
  const opened = Promise.withResolvers<void>();
  const fail = (error: Error) => {
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  };
  opened.promise.catch(() => {});
  socket.onopen = () => opened.resolve();
  socket.onclose = () => fail(new Error("The debugger has gone"));
  socket.onmessage = ({ data }) => {
    const { id, result, error }: Answer = JSON.parse(data);
    const asked = waiting.get(id ?? 0);
    if (error !== undefined) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  };
  let asked = 0;
  return async (method: string, params: Readonly<Record<string, unknown>>) => {
    await opened.promise;
    const id = ++asked;
    const answer = Promise.withResolvers<Answer["result"]>();
    waiting.set(id, answer);
    socket.send(JSON.stringify({ id, method, params }));
    return await answer.promise;
  };
}

async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const gone = new Promise((resolve) =>
    socket.addEventListener("close", resolve, { once: true })
  );
  socket.close();
  await gone;
}
