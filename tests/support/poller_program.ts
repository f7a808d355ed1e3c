import { loadLibc } from "../../src/net/libc.ts";
import { SocketPoller } from "../../src/net/socket_poller.ts";
import { listOpenFiles } from "./open_files.ts";

/**
 * Prints how many sockets and epolls this process has before, while and after a
 * poller has three sockets. It ends by itself only when no timer is left, and is
 * a program because tests that run beside each other share their descriptors.
 */
const libc = loadLibc();
if (libc === undefined) throw new Error("Cannot poll: no C library");
const poller = new SocketPoller(libc);
const before = count();
const sockets = [1, 2, 3].map(() => poller.open("127.0.0.1", { receive() {} }));
const during = count();
for (const socket of sockets) socket.close();
const after = count();
console.log(JSON.stringify({ before, during, after, size: poller.size }));

/** Others come and go: the runtime opens its caches when it likes. */
function count(): number {
  const isPollers = /^(socket:|anon_inode:\[eventpoll\])/;
  return listOpenFiles(Deno.pid).filter((name) => isPollers.test(name)).length;
}
