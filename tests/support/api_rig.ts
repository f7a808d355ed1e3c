import { AllCalls } from "../../src/http/all_calls.ts";
import type { ApiOptions } from "../../src/http/api.ts";
import { openGateway } from "../../src/http/gateway/browser_gateway.ts";
import type { GatewayListener } from "../../src/http/gateway/gateway_listener.ts";
import { Tickets } from "../../src/http/gateway/ticket.ts";
import { createApp } from "../../src/http/server.ts";
import type { CallControl } from "../../src/router/call_control.ts";
import type { CallView } from "../../src/router/call_view.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { BrowserCaller } from "./browser_caller.ts";

/** Opens everything below /v1. */
export const TOKEN = "token-of-these-tests";

/** The longest call of a rig. */
export const MAX_CALL_MS = 600_000;

/** The HTTP server on a socket of its own, with calls that a test makes up. */
export class ApiRig implements AsyncDisposable {
  readonly url: string;
  /** What the gateway has handed over, the oldest first. */
  readonly received: CallControl[] = [];
  /** Calls that the node carries. */
  readonly views: CallView[] = [];
  readonly hungUp: string[] = [];
  /** Calls that were transferred, and where. */
  readonly transferred: string[] = [];
  /** Why connections to the gateway did not become WebSockets. */
  readonly rejected: string[] = [];
  reasons: readonly string[] = [];
  readonly gateway: GatewayListener;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #more = Promise.withResolvers<void>();

  constructor(options: Partial<ApiOptions> = {}) {
    const tickets = new Tickets(TOKEN);
    this.gateway = openGateway({
      hostname: "127.0.0.1",
      port: 0,
      tickets,
      receive: (control) => {
        this.received.push(control);
        this.#more.resolve();
        this.#more = Promise.withResolvers();
      },
      maxCallMs: MAX_CALL_MS,
      rejected: (why) => this.rejected.push(why),
      log: SILENT_LOG,
    });
    const app = createApp({
      status: () => {
        throw new Error("Nobody asks for this");
      },
      log: SILENT_LOG,
      metrics: () => Promise.reject(new Error("Nobody asks for this")),
      api: {
        token: TOKEN,
        calls: new AllCalls({
          node: "node-1",
          peers: new MemoryStore().peers,
          own: {
            views: () => this.views,
            view: (callId) => this.views.find((each) => each.callId === callId),
            hangUp: (callId) => {
              this.hungUp.push(callId);
              return this.views.some((each) => each.callId === callId);
            },
            transfer: (callId, to) => {
              const view = this.views.find((each) => each.callId === callId);
              if (view === undefined) return "unknown";
              if (view.line === "browser") return "impossible";
              this.transferred.push(`${callId} ${to}`);
              return "sent";
            },
          },
        }),
        assistants: () => [{ id: "default", suppliers: ["stepfun"] }],
        hasAssistant: (id) => id === "default",
        reasonsNotReady: () => this.reasons,
        tickets,
        gatewayPort: () => this.gateway.addr.port,
        ...options,
      },
    });
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      app.fetch,
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Asks with the token, unless the headers say otherwise. */
  async ask(path: string, init: RequestInit = {}) {
    const headers = { authorization: `Bearer ${TOKEN}`, ...init.headers };
    const response = await fetch(`${this.url}${path}`, { ...init, headers });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers };
  }

  /** Books a call; resolves with what was answered. */
  async book(booking: unknown = {}) {
    const body = JSON.stringify(booking);
    const answer = await this.ask("/v1/browser-calls", {
      method: "POST",
      body,
    });
    return { status: answer.status, body: JSON.parse(answer.text) };
  }

  /** Books a call and connects; resolves when the gateway has handed it over. */
  async connect(booking: unknown = {}) {
    const { body } = await this.book(booking);
    const redeemed = await this.redeem(body.ticket);
    return { ...redeemed, callId: body.callId as string };
  }

  /** Connects to the gateway, offering these protocols. */
  call(protocols: readonly string[]): BrowserCaller {
    return new BrowserCaller(this.gateway.addr.port, protocols);
  }

  /** Connects with a ticket; resolves when the gateway has handed the call over. */
  async redeem(ticket: string) {
    const known = this.received.length;
    const caller = this.call(["vapi.v1", `ticket.${ticket}`]);
    await caller.opened;
    return { caller, control: await this.taken(known) };
  }

  /** Resolves with the call of this number, once the gateway has handed it over. */
  async taken(index: number): Promise<CallControl> {
    while (this.received.length <= index) await this.#more.promise;
    return this.received[index];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gateway.close();
    await this.#server.shutdown();
  }
}
