import assert from "node:assert/strict";
import { createStage, FakeClock } from "./fixtures.ts";
import {
  eventName,
  executeCommand,
  headerOf,
  type Message,
} from "./scripted_application.ts";

const OTHER_UUID = "99999999-8888-7777-6666-555555555555";

Deno.test("an unanswered channel says so and knows no codec until the answer has completed", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(stage.call({ answeredFirst: false }));
  const connection = await stage.application.accept();
  const { head } = await connection.ask("connect");
  assert.equal(headerOf(head, "Answer-State"), "ringing");
  assert.equal(headerOf(head, "Caller-Channel-Answered-Time"), "0");
  assert.doesNotMatch(head, /Codec-Name|variable_rtp_|variable_read_codec/);
  await connection.ask("myevents");
  await connection.ask(executeCommand("answer", "", OTHER_UUID));
  const answer = await connection.event("CHANNEL_ANSWER");
  const complete = await connection.event("CHANNEL_EXECUTE_COMPLETE");
  assert.equal(headerOf(answer.body, "Answer-State"), "answered");
  assert.equal(headerOf(complete.body, "Application-UUID"), OTHER_UUID);
  assert.equal(headerOf(complete.body, "variable_rtp_use_codec_ptime"), "20");
  assert.equal(headerOf(complete.body, "Channel-Read-Codec-Rate"), "8000");
  assert.ok(await call.answered >= 40);
});

Deno.test("pre_answer gives early media and leaves the call unanswered", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(stage.call({ answeredFirst: false }));
  const connection = await stage.application.acceptCall();
  await connection.ask(executeCommand("pre_answer"));
  const { body } = await connection.event("CHANNEL_EXECUTE_COMPLETE");
  assert.equal(headerOf(body, "Answer-State"), "early");
  assert.equal(headerOf(body, "Channel-Read-Codec-Name"), "PCMA");
  call.hangUp();
  assert.equal((await call.ended).billMs, 0);
  await assert.rejects(call.answered, { name: "RemoteError" });
});

Deno.test("commands are answered in their order when they arrive in one chunk and byte by byte", async () => {
  await using stage = createStage();
  const commands = "connect\n\nmyevents json\n\nlinger\n\nnolinger\n\n" +
    "filter Event-Name DTMF\n\nfilter delete all\n\nnixevent DTMF\n\n" +
    "getvar nothing\n\nnoevents\n\nnoevents\n\nbogus\n\nexit\n\n";
  const expected = [
    "%2BOK%0A",
    "+OK Events Enabled",
    "+OK will linger",
    "+OK will not linger",
    "+OK filter added. [Event-Name]=[DTMF]",
    "+OK filter deleted. [all][]",
    "+OK events nixed",
    "-ERR command not found",
    "+OK no longer listening for events",
    "-ERR not listening for events",
    "-ERR command not found",
    "+OK bye",
  ];
  for (const chunks of [[commands], [...commands]]) {
    stage.machine.placeCall(stage.call());
    const connection = await stage.application.accept();
    for (const chunk of chunks) await connection.send(chunk);
    const messages = await connection.readAll();
    const replies = messages.map(({ head }) => headerOf(head, "Reply-Text"));
    assert.deepEqual(replies.slice(0, -1), expected);
    assert.match(messages.at(-1)?.body ?? "", /ClueCon/);
  }
});

Deno.test("api answers with FreeSWITCH's words", async () => {
  await using stage = createStage();
  const { uuid } = stage.machine.placeCall(
    stage.call({ variables: { vapi_assistant_id: "a1" } }),
  );
  const connection = await stage.application.acceptCall();
  const api = async (line: string) =>
    (await connection.ask(`api ${line}`)).body;
  assert.equal(await api(`uuid_exists ${uuid}`), "true");
  assert.equal(await api(`uuid_exists ${OTHER_UUID}`), "false");
  assert.equal(await api(`uuid_getvar ${uuid} vapi_assistant_id`), "a1");
  assert.equal(await api(`uuid_getvar ${uuid} nothing`), "_undef_");
  assert.equal(await api(`uuid_setvar ${uuid} mood very good`), "+OK\n");
  assert.equal(await api(`uuid_getvar ${uuid} mood`), "very good");
  assert.equal(await api(`uuid_pause ${uuid} on`), "-ERR no reply\n");
  assert.match(await api(`uuid_dump ${uuid}`), /^Unique-ID: /m);
  assert.equal(await api(`sched_del ${uuid}`), "+OK Deleted: 0\n");
  assert.match(await api("version"), /^FreeSWITCH Version/);
  assert.match(await api("status"), /1 session\(s\)/);
  assert.equal(await api("nonsense"), "-ERR nonsense Command not found!\n");
  assert.equal(await api(`uuid_kill ${OTHER_UUID}`), "-ERR No such channel!\n");
});

Deno.test("bgapi tells its job's end only to who subscribed", async () => {
  await using stage = createStage();
  stage.machine.placeCall(stage.call());
  const connection = await stage.application.acceptCall();
  const job = async () => {
    const { head } = await connection.ask("bgapi version");
    return headerOf(head, "Job-UUID");
  };
  const unheard = await job();
  await connection.ask("event json BACKGROUND_JOB");
  const heard = await job();
  const { body } = await connection.event("BACKGROUND_JOB");
  assert.notEqual(heard, unheard);
  assert.equal(JSON.parse(body)["Job-UUID"], heard);
  assert.match(JSON.parse(body)._body, /^FreeSWITCH Version/);
});

Deno.test("without myevents an application hears every call of the machine, with it only its own", async () => {
  await using stage = createStage();
  const first = stage.machine.placeCall(stage.call());
  const listener = await stage.application.accept();
  await listener.ask("connect");
  await listener.ask("event json CHANNEL_EXECUTE_COMPLETE");
  const second = stage.machine.placeCall(stage.call());
  const other = await stage.application.acceptCall();
  const owner = async () =>
    JSON.parse((await listener.event("CHANNEL_EXECUTE_COMPLETE")).body)[
      "Unique-ID"
    ];
  await other.ask(executeCommand("set", "a=1"));
  assert.equal(await owner(), second.uuid);
  await listener.ask("myevents json");
  await other.ask(executeCommand("set", "a=2"));
  await other.event("CHANNEL_EXECUTE_COMPLETE");
  await listener.ask(executeCommand("set", "a=3"));
  assert.equal(await owner(), first.uuid);
});

Deno.test("a name that is not UTF-8 crosses JSON, plain and api byte for byte", async () => {
  await using stage = createStage();
  const { uuid } = stage.machine.placeCall(
    stage.call({ callerName: Uint8Array.of(0x63, 0xe9, 0x22) }),
  );
  const connection = await stage.application.accept();
  const { head } = await connection.ask("connect");
  assert.equal(headerOf(head, "Caller-Caller-ID-Name"), "c%E9%22");
  await connection.ask("myevents json");
  await connection.ask(executeCommand("set", "a=1"));
  const { body } = await connection.event("CHANNEL_EXECUTE");
  assert.equal(JSON.parse(body)["Caller-Caller-ID-Name"], 'c\xe9"');
  const api = await connection.ask(`api uuid_getvar ${uuid} sip_from_display`);
  assert.equal(api.body, 'c\xe9"');
});

const ENDING = [
  "CHANNEL_HANGUP",
  "CHANNEL_UNPARK",
  "CHANNEL_EXECUTE_COMPLETE",
  "CHANNEL_STATE",
  "CHANNEL_STATE",
  "CHANNEL_HANGUP_COMPLETE",
];

function ending(messages: readonly Message[]): string[] {
  return messages.map((message) =>
    eventName(message) ||
    (headerOf(message.head, "Content-Disposition") ?? message.head)
  );
}

Deno.test("a hang-up tells everything in its order and closes after the linger", async () => {
  const clock = new FakeClock();
  await using stage = createStage(clock);
  const call = stage.machine.placeCall(
    stage.call({
      line: { lossPercent: 3, maxVariance: 99, meanOpinionScore: 3.21 },
    }),
  );
  const connection = await stage.application.acceptCall();
  clock.advance(2500);
  call.hangUp("USER_BUSY");
  const outcome = await call.ended;
  assert.deepEqual(outcome.commandsSeen, ["connect", "myevents", "linger 5"]);
  assert.equal(outcome.billMs, 2500);
  clock.advance(5000);
  const messages = await connection.readAll();
  assert.deepEqual(ending(messages), [...ENDING, "linger", "disconnect"]);
  const report = messages[5].body;
  assert.equal(headerOf(report, "variable_hangup_cause"), "USER_BUSY");
  assert.equal(headerOf(report, "variable_billmsec"), "2500");
  assert.equal(headerOf(report, "variable_rtp_audio_in_mos"), "3.21");
});

Deno.test("without linger the report of the hang-up is lost", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(stage.call());
  const connection = await stage.application.accept();
  await connection.ask("connect");
  await connection.ask("myevents");
  call.hangUp();
  const messages = await connection.readAll();
  assert.deepEqual(ending(messages), [...ENDING.slice(0, 4), "disconnect"]);
});

Deno.test("the application hangs up by sendmsg, by execute and by uuid_kill", async () => {
  await using stage = createStage();
  const commands = [
    "sendmsg\ncall-command: hangup\nhangup-cause: CALL_REJECTED",
    executeCommand("hangup", "CALL_REJECTED"),
    "api uuid_kill UUID CALL_REJECTED",
  ];
  for (const command of commands) {
    const call = stage.machine.placeCall(stage.call());
    const connection = await stage.application.acceptCall();
    await connection.send(`${command.replace("UUID", call.uuid)}\n\n`);
    assert.equal((await call.ended).cause, "CALL_REJECTED");
    connection.close();
  }
});

Deno.test("holding is told to whoever has subscribed to it, and every event says it", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(stage.call());
  const connection = await stage.application.acceptCall();
  call.hold(true);
  await connection.ask("event plain CHANNEL_HOLD CHANNEL_UNHOLD");
  call.hold(false);
  const { body } = await connection.event("CHANNEL_UNHOLD");
  assert.notEqual(headerOf(body, "Channel-Call-State"), "HELD");
  call.hold(true);
  const held = await connection.event("CHANNEL_HOLD");
  assert.equal(headerOf(held.body, "Channel-Call-State"), "HELD");
});

Deno.test("a key is heard as DTMF, anything else is refused", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(stage.call());
  const connection = await stage.application.acceptCall();
  call.pressKey("#");
  const { body } = await connection.event("DTMF");
  assert.equal(headerOf(body, "DTMF-Digit"), "%23");
  assert.throws(() => call.pressKey("12"), TypeError);
});
