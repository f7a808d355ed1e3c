import { FakeWorker } from "./fake_worker.ts";

/** Stands in for Worker until it is disposed: every worker that is made is a fake one. */
export class FakeWorkers implements Disposable {
  /** In the order in which they were made. */
  readonly made: FakeWorker[] = [];
  readonly names: Array<string | undefined> = [];
  #real = globalThis.Worker;

  constructor() {
    const { made, names } = this;
    globalThis.Worker = class extends FakeWorker {
      constructor(_url: URL, options?: WorkerOptions) {
        super();
        made.push(this);
        names.push(options?.name);
      }
    } as unknown as typeof Worker;
  }

  /** The worker that was made last. */
  get newest(): FakeWorker {
    return this.made[this.made.length - 1];
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#real;
  }
}
