import assert from "node:assert/strict";
import { guardedSockets } from "../../../src/simulator/freeswitch/dialplan.ts";
import { createStage } from "./fixtures.ts";
import {
  headerOf,
  ScriptedApplication,
  type ScriptedConnection,
  unicastCommand,
} from "./scripted_application.ts";
import { startTalk } from "./talk.ts";

/** The first sample of the next datagram. */
async function firstSample(socket: Deno.DatagramConn): Promise<number> {
  const [datagram] = await socket.receive(new Uint8Array(4096));
  return new DataView(datagram.buffer, datagram.byteOffset).getInt16(0, true);
}

function listen(): Deno.DatagramConn {
  const address = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
  return Deno.listenDatagram(address);
}

async function answerTo(connection: ScriptedConnection, api: string) {
  return (await connection.ask(`api ${api}`)).body.trim();
}

Deno.test("a caller speaks on while nobody takes it, and the next application hears the rest", async () => {
  const said: number[] = [];
  await using talk = await startTalk({
    speech: (frame, index) => {
      said.push(index);
      frame.fill(index);
      return true;
    },
  }, { sockets: 2 });
  const second = listen();
  talk.ticks(2);
  const action = talk.clock.nextTimerOf(20);
  talk.connection.close();
  await action;
  talk.clock.advance(20);
  const connection = await talk.stage.application.acceptCall();
  talk.clock.advance(80);
  await connection.ask(unicastCommand((second.addr as Deno.NetAddr).port));
  // The channel's thread looks for work every 20 ms, and the first frame is due 20 ms later.
  await talk.clock.timerOf(20);
  talk.clock.advance(20);
  await talk.clock.timerOf(20);
  talk.clock.advance(20);
  // 20 ms to the next action, 80 ms until the command, 20 ms until the start.
  assert.equal(await firstSample(second), 8);
  assert.equal(talk.call.stats.framesSent, 3);
  assert.equal(talk.call.stats.framesUntaken, 6);
  assert.deepEqual(said, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(talk.stage.machine.violations, []);
  second.close();
});

Deno.test("a call whose application is killed goes on at the next host, with its answer and its guards", async () => {
  await using stage = createStage();
  const doomed = new ScriptedApplication();
  const call = stage.machine.placeCall(stage.call({
    dialplan: guardedSockets({
      target: `${doomed.address}|${stage.application.address}`,
      tries: 2,
      returnSeconds: 5,
      guardSeconds: 30,
    }),
  }));
  const first = await doomed.acceptCall();
  assert.equal(
    await answerTo(first, `sched_del ${call.uuid}`),
    "+OK Deleted: 2",
  );
  doomed.close();
  const second = await stage.application.accept();
  const { head } = await second.ask("connect");
  assert.equal(headerOf(head, "Unique-ID"), call.uuid);
  assert.equal(headerOf(head, "Answer-State"), "answered");
  assert.equal(await answerTo(second, `uuid_exists ${call.uuid}`), "true");
  assert.equal(await answerTo(second, "uuid_exists nobody"), "false");
  assert.equal(
    await answerTo(second, `sched_del ${call.uuid}`),
    "+OK Deleted: 2",
  );
  second.close();
  const { cause, actionsRun } = await call.ended;
  assert.equal(cause, "NORMAL_TEMPORARY_FAILURE");
  assert.equal(actionsRun.length, 7);
});
