import { connect, type Socket } from "node:net";
import { setVariable } from "./channel.ts";
import { EventSocket } from "./event_socket.ts";
import type { LiveCall } from "./machine.ts";

const PARKED_AFTER_MS = 25_000;
const NEXT_ACTION_MS = 20;

interface Target {
  readonly host: string;
  readonly port: number;
}

/**
 * Runs the dialplan's `socket` action: tries the hosts in order (the next at
 * once when one refuses) and resolves when the dialplan may go on. A connection
 * that ends before `connect` parks the call, as measured; a transfer frees it,
 * and leaves the connection as it is. Throws TypeError for a target that is no
 * `host:port`.
 */
export async function runSocketAction(call: LiveCall, data: string) {
  const { clock } = call.machine;
  const { targets, path } = parseTargets(data);
  setVariable(call.channel, "current_application_data", `${data} async full`);
  setVariable(call.channel, "current_application", "socket");
  if (path !== "") setVariable(call.channel, "socket_path", path);
  const startedMs = clock.nowMs();
  for (const target of targets) {
    const socket = await connectTo(call, target);
    if (!call.isUp) return void socket?.destroy();
    if (socket === undefined) continue;
    setVariable(call.channel, "socket_host", target.host);
    const events = new EventSocket(socket, call);
    call.attach(events, `${data} async full`);
    const moving = call.moving.then(() => "moving" as const);
    const end = await Promise.race([events.finished, moving]);
    call.detach();
    if (end === "moving") return;
    if (end === "left") return await call.sleep(NEXT_ACTION_MS);
    return await park(call, startedMs + PARKED_AFTER_MS);
  }
}

async function park(call: LiveCall, untilMs: number) {
  // What the dialplan scheduled, if it did, is what frees the call.
  if (!call.hasTasks) {
    const leftMs = untilMs - call.machine.clock.nowMs();
    if (leftMs > 0) await call.sleep(leftMs);
    call.hangUp("parked");
  }
  await Promise.race([call.down, call.moving]);
}

function connectTo(
  call: LiveCall,
  { host, port }: Target,
): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const refused = () => resolve(undefined);
    socket.once("connect", () => {
      socket.off("error", refused);
      resolve(socket);
    });
    socket.once("error", refused);
    call.down.then(() => {
      if (socket.connecting) socket.destroy();
      refused();
    });
  });
}

function parseTargets(data: string): { targets: Target[]; path: string } {
  const slash = data.indexOf("/");
  const path = slash < 0 ? "" : data.slice(slash + 1);
  const list = slash < 0 ? data : data.slice(0, slash);
  const targets = list.split("|").map((part) => {
    const colon = part.lastIndexOf(":");
    const port = Number(part.slice(colon + 1));
    if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new TypeError(
        `Cannot run socket: target must be host:port, got "${part}"`,
      );
    }
    return { host: part.slice(0, colon), port };
  });
  return { targets, path };
}
