import { RemoteError } from "../errors.ts";
import type { FunctionRequest } from "../router/call_functions.ts";

/** More than a model can make use of, in bytes. */
const LONGEST_ANSWER = 16 * 1024;

/** A request to a service of the operator's. */
export interface ServiceRequest {
  readonly url: string;
  readonly timeoutMs: number;
  /** A bearer token. */
  readonly token?: string;
  readonly request: FunctionRequest;
  /** What the model calls the function with. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Posts a function's call to a service and gives its answer as text. Main
 * thread. Rejects with RemoteError for another status than 2xx, an answer that
 * is too long or no UTF-8, and with what `fetch` throws: also when the time is
 * over, or `signal` fires.
 */
export async function askService(
  { url, timeoutMs, token, request, values }: ServiceRequest,
  signal: AbortSignal,
): Promise<string> {
  const { call, channel, assistantId } = request;
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...token !== undefined && { authorization: `Bearer ${token}` },
    },
    body: JSON.stringify({
      callId: channel.uuid,
      functionCallId: call.id,
      function: call.name,
      arguments: values,
      assistantId,
      caller: channel.callerNumber,
      called: channel.calledNumber,
    }),
    // Another address is not the one that the operator gave the token for.
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (response.ok) return await readText(response);
  await response.body?.cancel();
  throw new RemoteError(`The service answered ${response.status}`);
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > LONGEST_ANSWER) {
      throw new RemoteError(
        `The service answered more than ${LONGEST_ANSWER} bytes`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
