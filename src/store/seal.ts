import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** A key, and the name that stands in what it has encrypted. */
export interface SealKey {
  readonly id: string;
  /** 32 of them. */
  readonly bytes: Uint8Array;
}

/** What a sealed text belongs to: it opens nowhere else. */
export interface SealPlace {
  readonly callId: string;
  readonly field: string;
}

const VERSION = "v1";
const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts texts at rest with AES-256-GCM: `v1.<key>.<iv>.<text and tag>`, the
 * last two in base64url. The first key of the ring encrypts, all of them decrypt.
 * Main thread.
 */
export class Seal {
  #keys: readonly SealKey[];

  /** Throws RangeError for a key that has not 32 bytes. */
  constructor(keys: readonly SealKey[]) {
    for (const { id, bytes } of keys) {
      if (bytes.length !== 32) {
        throw new RangeError(
          `Cannot use key ${id}: it must have 32 bytes, got ${bytes.length}`,
        );
      }
    }
    this.#keys = keys;
  }

  /** Whether there is a key at all. */
  get usable(): boolean {
    return this.#keys.length > 0;
  }

  /** Seals a text; undefined without a key, because nothing personal is kept in the clear. */
  close(text: string, place: SealPlace): string | undefined {
    const key = this.#keys.at(0);
    if (key === undefined) return undefined;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key.bytes, iv);
    cipher.setAAD(boundTo(place));
    const parts = [cipher.update(text, "utf8"), cipher.final()];
    const sealed = Buffer.concat([...parts, cipher.getAuthTag()]);
    return [VERSION, key.id, encode(iv), encode(sealed)].join(".");
  }

  /** Opens what was sealed for this place. Throws Error that says why it cannot, never with the text. */
  open(sealed: string, place: SealPlace): string {
    const [version, id, iv, body, ...rest] = sealed.split(".");
    if (version !== VERSION || body === undefined || rest.length > 0) {
      throw new Error("Cannot open a seal: it is of another form");
    }
    const key = this.#keys.find((each) => each.id === id);
    if (key === undefined) {
      throw new Error("Cannot open a seal: its key is not in the ring");
    }
    const bytes = Buffer.from(body, "base64url");
    const nonce = Buffer.from(iv, "base64url");
    // The text form must be the only one of these bytes, so that no change goes unnoticed.
    const isExact = encode(bytes) === body && encode(nonce) === iv;
    if (!isExact || nonce.length !== IV_BYTES || bytes.length < TAG_BYTES) {
      throw new Error("Cannot open a seal: it is truncated or damaged");
    }
    try {
      const decipher = createDecipheriv(ALGORITHM, key.bytes, nonce);
      decipher.setAAD(boundTo(place));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = decipher.update(bytes.subarray(0, -TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new Error(
        "Cannot open a seal: the key is another one, or it was changed",
        { cause },
      );
    }
  }
}

function boundTo({ callId, field }: SealPlace): Uint8Array {
  return new TextEncoder().encode(`${callId}\n${field}`);
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
