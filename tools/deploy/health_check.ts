/**
 * Asks the server in the same container for /health, by the settings that the
 * server has: exit code 0 when it lives, 1 when it does not. A process of its
 * own.
 */
async function isHealthy(): Promise<boolean> {
  const host = Deno.env.get("HTTP_HOST") || "127.0.0.1";
  const port = Deno.env.get("HTTP_PORT") || "3000";
  const near = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const name = near.includes(":") ? `[${near}]` : near;
  try {
    const signal = AbortSignal.timeout(4000);
    const response = await fetch(`http://${name}:${port}/health`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

if (import.meta.main) Deno.exit(await isHealthy() ? 0 : 1);
