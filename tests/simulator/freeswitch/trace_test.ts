import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createStage } from "./fixtures.ts";
import {
  eventName,
  type Message,
  ScriptedConnection,
} from "./scripted_application.ts";

interface Chunk {
  readonly from: "app" | "freeswitch" | "close";
  readonly data: string;
}

const CALLER_NAME = Uint8Array.from(
  Buffer.from("caf\xe9 \xe5\xbc\xa0", "latin1"),
);
const RECORDED_UUID = "ff04823b-e387-4ca8-9fc7-b508cfec9f39";

/** Replaces what differs from call to call and leaves every other byte. */
const MASKS: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID"],
  [/Content-Length: \d{3,}/g, "Content-Length: N"],
  [/\b\d{16}\b/g, "MICROSECONDS"],
  [/\b17\d{8}\b/g, "SECONDS"],
  [/\b20\d\d-\d\d-\d\d%20\d\d%3A\d\d%3A\d\d/g, "DATE"],
  [/\w{3},%20\d\d%20\w{3}%2020\d\d%20[\d%A]+GMT/g, "DATE"],
  [/(Event-Sequence|variable_session_id): \d+/g, "$1: N"],
  [/(1|11761-)\d+(-[05]\b)/g, "11761-N$2"],
  [/(call_id: )\d+-/g, "$1N-"],
  [/SIPpTag\d+/g, "SIPpTagN"],
  [/(ssrc|media_port): \d+/g, "$1: N"],
  [/audio%20\d{5}%20/g, "audio%20N%20"],
  [/(tag%3D|to_tag: )(SIM1tag|2D6a5SS3jX9UB)/g, "$1TAG"],
  [/127\.0\.0\.1%3A\d{4,5}%20async/g, "TARGET%20async"],
  [/((in|out)_\w*(bytes|packet_count)): \d+/g, "$1: N"],
  [/(mean_interval): [\d.]+/g, "$1: N"],
  [/((^|_)([mu]|flow_)?(duration|\w*(sec|msec|usec))): \d+/gm, "$1: N"],
];

function mask(text: string): string {
  return MASKS.reduce(
    (masked, [from, to]) => masked.replaceAll(from, to),
    text,
  );
}

async function readTrace(): Promise<Chunk[]> {
  const url = new URL("./data/esl_outbound_call.jsonl", import.meta.url);
  const text = await Deno.readTextFile(url);
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

function cutMessages(text: string): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n\n", at) + 2;
    const head = text.slice(at, end);
    const length = Number(/^Content-Length: (\d+)$/m.exec(head)?.[1] ?? 0);
    messages.push({ head, body: text.slice(end, end + length) });
    at = end + length;
  }
  return messages;
}

/** Sends the recorded commands in their order and gives all that comes back, to the end. */
async function replay(commands: readonly string[]): Promise<Message[]> {
  await using stage = createStage();
  const call = stage.machine.placeCall(
    stage.call({ callerName: CALLER_NAME, uuid: RECORDED_UUID }),
  );
  const connection = await stage.application.accept();
  const messages: Message[] = [];
  const readUntil = async (done: (message: Message) => boolean) => {
    for (;;) {
      const message = await connection.read();
      assert.ok(message !== undefined, "the connection ended early");
      messages.push(message);
      if (done(message)) return;
    }
  };
  for (const command of commands) {
    await connection.send(command);
    await readUntil(({ head }) => !head.includes("text/event-"));
    // What the recorded application waited for before its next command.
    if (command.includes("execute")) {
      await readEvent(readUntil, "CHANNEL_EXECUTE_COMPLETE");
    }
    if (command === commands.at(-2)) {
      await readEvent(readUntil, "BACKGROUND_JOB");
    }
  }
  call.pressKey("5");
  await readEvent(readUntil, "DTMF");
  call.hangUp();
  await readUntil(({ head }) => head.includes("linger"));
  connection.close();
  return messages;
}

function readEvent(
  readUntil: (done: (message: Message) => boolean) => Promise<void>,
  name: string,
): Promise<void> {
  return readUntil((message) => eventName(message) === name);
}

Deno.test("every answer and event is the recorded one byte for byte, but for ids and times", async () => {
  const trace = await readTrace();
  const commands = trace.filter(({ from }) => from === "app").map(({ data }) =>
    data
  );
  const recorded = cutMessages(
    trace.filter(({ from }) => from === "freeswitch").map(({ data }) => data)
      .join(""),
  );
  const heard = await replay(commands);
  const goodbye = recorded.at(-1);
  assert.match(goodbye?.head ?? "", /Content-Disposition: disconnect/);
  assert.equal(heard.length, recorded.length - 1);
  for (const [index, message] of heard.entries()) {
    const expected = recorded[index];
    const what = `message ${index} ${eventName(expected)}`;
    assert.equal(mask(message.head), mask(expected.head), what);
    assert.equal(mask(message.body), mask(expected.body), what);
  }
});

Deno.test("the recorded goodbye follows when nobody closes during the linger", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(stage.call({ uuid: RECORDED_UUID }));
  const connection: ScriptedConnection = await stage.application.accept();
  await connection.ask("connect");
  await connection.ask("linger 0");
  call.hangUp();
  const messages = await connection.readAll();
  const recorded = cutMessages((await readTrace()).at(-2)?.data ?? "");
  assert.deepEqual(messages.slice(-1), recorded);
});
