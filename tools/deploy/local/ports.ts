import { readIfThere, writeAtomically } from "../atomic_file.ts";

/** Ports of the local processes, by name; kept in a file, so that they stay from one deploy to the next. */
export class LocalPorts {
  readonly #path: string;
  readonly #ports: Map<string, number>;

  private constructor(path: string, ports: Map<string, number>) {
    this.#path = path;
    this.#ports = ports;
  }

  static async open(path: string): Promise<LocalPorts> {
    const text = await readIfThere(path);
    const ports: Record<string, number> = text ? JSON.parse(text) : {};
    return new LocalPorts(path, new Map(Object.entries(ports)));
  }

  /** The port of a name; a free one at first. */
  of(name: string): number {
    const known = this.#ports.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.#ports.values());
    let port = findFree();
    while (taken.has(port)) port = findFree();
    this.#ports.set(name, port);
    return port;
  }

  /** Names that have a port. */
  names(): string[] {
    return [...this.#ports.keys()];
  }

  /** Gives a name another port: its old one is in other hands. */
  forget(name: string): void {
    this.#ports.delete(name);
  }

  async save(): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(this.#ports), undefined, 2);
    await writeAtomically(this.#path, `${text}\n`);
  }
}

/** Whether nobody listens on a TCP port of this machine. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

function findFree(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
