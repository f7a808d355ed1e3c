import { createHmac } from "node:crypto";
import { z } from "zod";
import { readBounded } from "./read_bounded.ts";

/** A group robot: DingTalk's custom robot, or the one of WeCom's groups. */
export type RobotKind = "dingtalk" | "wecom";

/** How to reach a robot; both parts are secrets. */
export interface RobotSettings {
  readonly url: string;
  /** DingTalk's signing secret, where the robot asks for signatures. */
  readonly secret?: string;
}

/** What became of a message; `words` never contains a secret. */
export type Delivery =
  | { readonly state: "sent" }
  | { readonly state: "refused"; readonly words: string }
  | { readonly state: "unreachable" }
  | { readonly state: "timeout" };

/** A message of plain text. */
export interface RobotMessage {
  readonly text: string;
  /** Whether everybody in the group is called. */
  readonly mentionAll: boolean;
}

const MOST_ANSWER_BYTES = 65_536;
const LONGEST_WORDS = 200;

/** Both robots answer 200 also when they refuse. */
const Answer = z.object({
  errcode: z.number(),
  errmsg: z.string().default(""),
});

/** One robot. Any thread. */
export class Robot {
  readonly kind: RobotKind;
  #settings: RobotSettings;
  #timeoutMs: number;
  #now: () => number;

  constructor(
    kind: RobotKind,
    options: RobotSettings & { timeoutMs: number; now?: () => number },
  ) {
    this.kind = kind;
    this.#settings = { url: options.url, secret: options.secret };
    this.#timeoutMs = options.timeoutMs;
    this.#now = options.now ?? Date.now;
  }

  /** Longest text in bytes of UTF-8: WeCom takes 2048, DingTalk 20000 with its JSON. */
  get mostTextBytes(): number {
    return this.kind === "wecom" ? 2048 : 8192;
  }

  /** Sends once, without a retry; never rejects. */
  async send(message: RobotMessage): Promise<Delivery> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.#timeoutMs);
    try {
      return await this.#post(message, abort.signal);
    } catch {
      // The error's text has the address, which is a secret.
      return { state: abort.signal.aborted ? "timeout" : "unreachable" };
    } finally {
      clearTimeout(timer);
    }
  }

  async #post(message: RobotMessage, signal: AbortSignal): Promise<Delivery> {
    const response = await fetch(this.#signedUrl(), {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(bodyOf(this.kind, message)),
      // A redirect would take the message and the token elsewhere.
      redirect: "manual",
      signal,
    });
    const mostBytes = MOST_ANSWER_BYTES;
    const text = await readBounded(response.body, { mostBytes, signal });
    if (response.status !== 200) {
      return { state: "refused", words: `HTTP ${response.status}` };
    }
    const answer = Answer.safeParse(parseJson(text ?? ""));
    if (!answer.success) {
      return { state: "refused", words: "an answer without errcode" };
    }
    const { errcode, errmsg } = answer.data;
    if (errcode === 0) return { state: "sent" };
    return { state: "refused", words: this.#clean(`${errcode} ${errmsg}`) };
  }

  /** DingTalk's signature: HMAC-SHA256 of "timestamp, line feed, secret" by the secret, in Base64. */
  #signedUrl(): string {
    const { url, secret } = this.#settings;
    if (secret === undefined) return url;
    const timestamp = String(this.#now());
    const sign = createHmac("sha256", secret)
      .update(`${timestamp}\n${secret}`).digest("base64");
    const signed = new URL(url);
    signed.searchParams.set("timestamp", timestamp);
    signed.searchParams.set("sign", sign);
    return signed.href;
  }

  /** A robot may quote what it was sent. */
  #clean(words: string): string {
    const { url, secret } = this.#settings;
    const secrets = [...new URL(url).searchParams.values(), secret ?? ""];
    return secrets.filter((text) => text !== "")
      .reduce((text, each) => text.replaceAll(each, "***"), words)
      .slice(0, LONGEST_WORDS);
  }
}

function bodyOf(kind: RobotKind, { text, mentionAll }: RobotMessage): unknown {
  return kind === "dingtalk"
    ? {
      msgtype: "text",
      text: { content: text },
      at: { isAtAll: mentionAll },
    }
    : {
      msgtype: "text",
      text: {
        content: text,
        mentioned_list: mentionAll ? ["@all"] : [],
      },
    };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
