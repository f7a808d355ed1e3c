import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { type CallsSource, createCallsApi } from "./calls_api.ts";
import {
  type BookingOptions,
  createBooking,
} from "./gateway/browser_booking.ts";
import type { Tickets } from "./gateway/ticket.ts";
import { refuse } from "./refuse.ts";

/** An assistant as it is told of. */
export interface AssistantView {
  readonly id: string;
  /** In the order in which they are tried. */
  readonly suppliers: readonly string[];
}

/** Parts of the interface. */
export interface ApiOptions extends Omit<BookingOptions, "tickets"> {
  /** Who shows it may ask for everything; undefined when nobody may. */
  readonly token?: string;
  readonly tickets?: Tickets;
  readonly calls: CallsSource;
  readonly assistants: () => readonly AssistantView[];
}

/** The REST interface, to be mounted at `/v1`; see docs/api.md. Main thread. */
export function createApi(options: ApiOptions): Hono {
  const { token, tickets } = options;
  const app = new Hono();
  if (token === undefined || tickets === undefined) {
    app.all(
      "*",
      (context) =>
        refuse(context, 403, "This interface is off: API_TOKEN is not set"),
    );
    return app;
  }
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
  app.route("/browser-calls", createBooking({ ...options, tickets }));
  return app;
}
