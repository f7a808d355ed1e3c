const PTRACE_DETACH = 17;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const ALSO_THREADS = 0x40000000;

const libc = Deno.build.arch === "x86_64"
  ? "/lib/x86_64-linux-gnu/libc.so.6"
  : "/lib/aarch64-linux-gnu/libc.so.6";

/**
 * Stops one thread of another process as a debugger does, and lets it go on
 * after `forMs`: whatever it was doing, it does nothing then, while the other
 * threads run. Linux; throws Error when the system does not allow it.
 */
export async function stopThread(
  threadId: number,
  forMs: number,
): Promise<void> {
  const library = Deno.dlopen(libc, {
    ptrace: { parameters: ["i32", "i32", "usize", "usize"], result: "isize" },
    waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  });
  const { ptrace, waitpid } = library.symbols;
  const ask = (request: number) => {
    if (ptrace(request, threadId, 0n, 0n) === 0n) return;
    throw new Error(
      `Cannot stop thread ${threadId}: ptrace refused request ${request}`,
    );
  };
  try {
    ask(PTRACE_SEIZE);
    ask(PTRACE_INTERRUPT);
    waitpid(threadId, new Uint8Array(4), ALSO_THREADS);
    await new Promise((resolve) => setTimeout(resolve, forMs));
    ask(PTRACE_DETACH);
  } finally {
    library.close();
  }
}
