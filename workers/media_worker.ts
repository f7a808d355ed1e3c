import { parentPort, workerData } from "node:worker_threads";
import { LegHost } from "../src/media/leg_host.ts";
import type { FromMedia, MediaMemory, ToMedia } from "../src/media/protocol.ts";
import { loadLibc } from "../src/net/libc.ts";
import { nameThread } from "../src/net/threads.ts";
import { DescriptorLedger } from "../src/ring/descriptor_ledger.ts";
import { MailMark } from "../src/ring/mail_mark.ts";
import { WorkMark } from "../src/ring/work_mark.ts";

const { mail, workMark, descriptors } = workerData as MediaMemory;
const libc = loadLibc();
// The main thread has loaded it before it started this one.
if (libc === undefined) throw new Error("The C library cannot be loaded");
const mark = new WorkMark(workMark);
mark.introduce(nameThread(libc, "media"));

const host = new LegHost({
  libc,
  mail: new MailMark(mail),
  workMark: mark,
  notes: new DescriptorLedger(descriptors),
  tell: (message) => parentPort!.postMessage(message),
});
parentPort!.on("message", (message: ToMedia) => host.receive(message));
parentPort!.postMessage({ type: "up" } satisfies FromMedia);
