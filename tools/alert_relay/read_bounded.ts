/**
 * Reads a body of at most `mostBytes` as UTF-8. Resolves with undefined when it
 * is longer; rejects with the signal's reason when that comes first. The body
 * is cancelled in both cases. Any thread.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  { mostBytes, signal }: { mostBytes: number; signal: AbortSignal },
): Promise<string | undefined> {
  if (body === null) return "";
  const reader = body.getReader();
  const stop = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    const text = await readAll(reader, mostBytes);
    signal.throwIfAborted();
    return text;
  } finally {
    signal.removeEventListener("abort", stop);
    await reader.cancel().catch(() => {});
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  mostBytes: number,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > mostBytes) return undefined;
    text += decoder.decode(value, { stream: true });
  }
}
