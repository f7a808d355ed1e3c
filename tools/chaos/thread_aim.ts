/** What the debugger answers. */
interface Answer {
  readonly id?: number;
  readonly result?: {
    readonly result?: { readonly objectId?: string; readonly value?: unknown };
    readonly objects?: { readonly objectId: string };
  };
  readonly error?: { readonly message: string };
}

/** The workers' class, which Deno has for each thread that it starts. */
const WORKER =
  'process.getBuiltinModule("node:worker_threads").Worker.prototype';
/** What is to be killed. */
export type ThreadKind = "shard" | "media";

/** A message that no main thread would send makes a thread throw. */
const FIRE = `function (which, kind) {
  const alive = this.filter(({ constructor, threadId }) =>
    threadId > 0 && (constructor.name === "MediaWorker") === (kind === "media")
  );
  alive.sort((a, b) => a.threadId - b.threadId);
  if (alive.length > 0) alive[which % alive.length].postMessage(null);
  return alive.length;
}`;

/**
 * A server's threads, found and not yet hit. The search holds the server's main
 * thread for some tenths of a second, and firing does not, so that what comes of
 * a thread's death can be measured apart from the search.
 */
export class ThreadAim {
  readonly #ask: Ask;
  readonly #threads: string;

  private constructor(ask: Ask, threads: string) {
    this.#ask = ask;
    this.#threads = threads;
  }

  /** Finds the threads of a server that has a debugger; rejects when it does not answer. */
  static async take(debuggerUrl: string): Promise<ThreadAim> {
    const ask = await connect(debuggerUrl);
    const found = await ask("Runtime.evaluate", { expression: WORKER });
    const workers = await ask("Runtime.queryObjects", {
      prototypeObjectId: found?.result?.objectId,
    });
    return new ThreadAim(ask, workers?.objects?.objectId ?? "");
  }

  /** Kills one of the threads that were there; rejects when none is left. */
  async fire(kind: ThreadKind, which = 0): Promise<void> {
    const shot = await this.#ask("Runtime.callFunctionOn", {
      objectId: this.#threads,
      functionDeclaration: FIRE,
      arguments: [{ value: which }, { value: kind }],
      returnByValue: true,
    });
    if (Number(shot?.result?.value) > 0) return;
    throw new Error(`Cannot kill a ${kind} thread: the server has none`);
  }

  /** Lets go of the debugger. */
  async close(): Promise<void> {
    await this.#ask("close");
  }
}

type Ask = (
  method: string,
  params?: Readonly<Record<string, unknown>>,
) => Promise<Answer["result"]>;

/** Opens the debugger; asking `close` closes it. */
async function connect(url: string): Promise<Ask> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, PromiseWithResolvers<Answer["result"]>>();
  const opened = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<undefined>();
  socket.onopen = () => opened.resolve();
  socket.onclose = () => {
    const error = new Error("The debugger has gone");
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    gone.resolve(undefined);
  };
  socket.onmessage = ({ data }) => {
    const { id = 0, result, error }: Answer = JSON.parse(data);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error.message));
  };
  await opened.promise;
  let asked = 0;
  return (method, params = {}) => {
    if (method === "close") {
      socket.close();
      return gone.promise;
    }
    const answer = Promise.withResolvers<Answer["result"]>();
    waiting.set(++asked, answer);
    socket.send(JSON.stringify({ id: asked, method, params }));
    return answer.promise;
  };
}
