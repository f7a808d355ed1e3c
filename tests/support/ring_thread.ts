import type { RingTask } from "./ring_worker.ts";

/** A second thread that works on a ring or a doorbell while the test does. */
export class RingThread implements Disposable {
  #worker = new Worker(new URL("./ring_worker.ts", import.meta.url), {
    type: "module",
  });
  #result = Promise.withResolvers<unknown>();

  constructor(task: RingTask) {
    this.#worker.onmessage = ({ data }) => this.#result.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#result.reject(new Error(event.message));
    };
    this.#worker.postMessage(task);
  }

  /** What it tells at its end. */
  async result<T>(): Promise<T> {
    return await this.#result.promise as T;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
