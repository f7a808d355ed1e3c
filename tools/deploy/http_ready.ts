import { until } from "./until.ts";

/** Whether a node takes calls, asked over HTTP. */
export async function isHttpReady(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2000);
    const response = await fetch(`${url}/ready`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Resolves when a node takes calls; rejects with the signal's reason when that comes first. */
export async function untilHttpReady(
  url: string,
  stop: AbortSignal,
): Promise<void> {
  await until(() => isHttpReady(url), stop);
}
