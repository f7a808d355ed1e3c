/** One message that a fake robot was sent. */
export interface RobotRequest {
  readonly url: URL;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** A robot of DingTalk or WeCom on a port of this machine. */
export interface FakeRobot extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly RobotRequest[];
  /** Resolves with the first request that `fits`, past or to come. */
  received(fits: (request: RobotRequest) => boolean): Promise<RobotRequest>;
}

/** Longer than anything takes that a test waits for. */
const DEADLINE_MS = 60_000;

/** Starts a robot that answers with `answer`, or as the real ones do when all is well. */
export function startFakeRobot(
  answer: (request: RobotRequest) => Response | Promise<Response> = () =>
    Response.json({ errcode: 0, errmsg: "ok" }),
): FakeRobot {
  const requests: RobotRequest[] = [];
  const waiters = new Set<() => void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const text = await request.text();
      const got = { url: new URL(request.url), body: parse(text) };
      requests.push(got);
      for (const look of waiters) look();
      return await answer(got);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/send?access_token=t0ken`,
    requests,
    async received(fits) {
      const { promise, resolve, reject } = Promise.withResolvers<
        RobotRequest
      >();
      const look = () => {
        const found = requests.find(fits);
        if (found !== undefined) resolve(found);
      };
      waiters.add(look);
      const timer = setTimeout(
        () => reject(new Error("The robot was not sent such a message")),
        DEADLINE_MS,
      );
      look();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        waiters.delete(look);
      }
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
