import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { type CallsSource, createCallsApi } from "./calls_api.ts";
import {
  createGateway,
  type GatewayOptions,
} from "./gateway/browser_gateway.ts";
import { refuse } from "./refuse.ts";

/** An assistant as it is told of. */
export interface AssistantView {
  readonly id: string;
  /** In the order in which they are tried. */
  readonly suppliers: readonly string[];
}

/** Parts of the interface. */
export interface ApiOptions extends Omit<GatewayOptions, "key"> {
  /** Who shows it may ask for everything; undefined when nobody may. */
  readonly token?: string;
  readonly calls: CallsSource;
  readonly assistants: () => readonly AssistantView[];
}

/** The REST interface and the browsers' gateway, to be mounted at `/v1`; see docs/api.md. Main thread. */
export function createApi(options: ApiOptions): Hono {
  const { token } = options;
  const app = new Hono();
  if (token === undefined) {
    app.all(
      "*",
      (context) =>
        refuse(context, 403, "This interface is off: API_TOKEN is not set"),
    );
    return app;
  }
  const gateway = createGateway({ ...options, key: token });
  // Before the token is asked for: a browser has a ticket instead.
  app.route("/browser-calls", gateway.connect);
  app.use(bearerAuth({
    token,
    noAuthenticationHeader: { message: { error: "A bearer token is needed" } },
    invalidAuthenticationHeader: {
      message: { error: "The Authorization header must be: Bearer TOKEN" },
    },
    invalidToken: { message: { error: "The token is not API_TOKEN" } },
  }));
  app.route("/calls", createCallsApi(options.calls));
  app.get(
    "/assistants",
    (context) => context.json({ assistants: options.assistants() }),
  );
  app.route("/browser-calls", gateway.book);
  return app;
}
