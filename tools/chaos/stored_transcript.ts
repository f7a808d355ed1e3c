import type { RedisProcess } from "../redis_process.ts";
import type { SessionKeyText } from "./node_settings.ts";

/** Something that was said, as a node has stored it. */
export interface StoredWords {
  readonly role: "caller" | "assistant";
  readonly text: string;
}

const FIELD = "transcript";
const TAG_BITS = 128;

/**
 * Reads a live call's transcript out of Redis and opens it with the run's own
 * key, as anybody with the key could: AES-256-GCM, `v1.<key>.<iv>.<text and
 * tag>` in base64url, bound to its call and field. Rejects when it is not there or does
 * not open.
 */
export async function readTranscript(
  redis: Pick<RedisProcess, "ask">,
  { callId, key }: { readonly callId: string; readonly key: SessionKeyText },
): Promise<StoredWords[]> {
  const sealed = await redis.ask<string | null>(
    "HGET",
    `session:${callId}`,
    FIELD,
  );
  const [version, id, iv, body] = (sealed ?? "").split(".");
  if (version !== "v1" || id !== key.id || body === undefined) {
    throw new Error("Cannot open a transcript: it is not there, or not sealed");
  }
  const secret = await crypto.subtle.importKey(
    "raw",
    Uint8Array.fromHex(key.hex),
    "AES-GCM",
    false,
    ["decrypt"],
  );
  const text = await crypto.subtle.decrypt(
    {
      name: "AES-GCM",
      iv: decode(iv),
      additionalData: new TextEncoder().encode(boundTo(callId)),
      tagLength: TAG_BITS,
    },
    secret,
    decode(body),
  );
  return JSON.parse(new TextDecoder().decode(text));
}

/** What a sealed text belongs to: it opens nowhere else. */
function boundTo(callId: string): string {
  return `${callId}\n${FIELD}`;
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}
