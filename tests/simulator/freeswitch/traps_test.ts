import assert from "node:assert/strict";
import { createStage, FakeClock } from "./fixtures.ts";
import { executeCommand, unicastCommand } from "./scripted_application.ts";

Deno.test("unicast before the answer aborts the machine and all its calls", async () => {
  await using stage = createStage();
  const { machine, application } = stage;
  const bystander = machine.placeCall(stage.call());
  const other = await application.acceptCall();
  const culprit = machine.placeCall(stage.call({ answeredFirst: false }));
  const connection = await application.acceptCall();
  // The answer is on its way, and still it is too early.
  await connection.ask(executeCommand("answer"));
  await connection.send(`${unicastCommand(40_000)}\n\n`);
  assert.equal((await culprit.ended).cause, "crashed");
  assert.equal((await bystander.ended).cause, "crashed");
  assert.equal(await other.read(), undefined);
  assert.match(machine.crashed ?? "", /before answer/);
  assert.throws(() => machine.placeCall(stage.call()), /crashed/);
});

Deno.test("a line break in a value is a command of its own, even for a shell", async () => {
  await using stage = createStage();
  stage.machine.placeCall(stage.call());
  const connection = await stage.application.acceptCall();
  await connection.ask(executeCommand("set", "name=x\n\napi system id"));
  assert.deepEqual(stage.machine.shellCommands, ["id"]);
  assert.match(stage.machine.violations[0].what, /shell/);
});

Deno.test("a command without end breaks the connection, not the machine", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(
    stage.call({
      dialplan: [{ socket: stage.application.address }, {
        hangup: "NETWORK_OUT_OF_ORDER",
      }],
    }),
  );
  const connection = await stage.application.acceptCall();
  await connection.send("x".repeat(70_000)).catch(() => {});
  assert.equal(await connection.read(), undefined);
  assert.match(stage.machine.violations[0].what, /65536 bytes/);
  assert.equal((await call.ended).cause, "NETWORK_OUT_OF_ORDER");
});

Deno.test("a taken port gets +OK and no audio", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(stage.call());
  const connection = await stage.application.acceptCall();
  const taken = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  try {
    const { port } = taken.addr as Deno.NetAddr;
    const { head } = await connection.ask(unicastCommand(40_000, port));
    assert.match(head, /Reply-Text: \+OK\n/);
    await connection.ask(executeCommand("set", "a=1"));
    await connection.event("CHANNEL_EXECUTE_COMPLETE");
    assert.match(stage.machine.violations[0].what, /could not be bound/);
    assert.equal(call.stats.framesSent, 0);
  } finally {
    taken.close();
  }
});

Deno.test("a call whose connection ends before connect is parked for ever", async () => {
  const clock = new FakeClock();
  await using stage = createStage(clock);
  const dialplan = [
    { socket: stage.application.address },
    { hangup: "NORMAL_TEMPORARY_FAILURE" },
  ];
  const closed = stage.machine.placeCall(stage.call({ dialplan }));
  const first = await stage.application.accept();
  await clock.timerOf(25_000);
  clock.advance(1);
  first.close();
  await clock.timerOf(24_999);
  const silent = stage.machine.placeCall(stage.call({ dialplan }));
  const connection = await stage.application.accept();
  await clock.timerOf(25_000);
  clock.advance(25_000);
  assert.equal(await connection.read(), undefined);
  const outcomes = await Promise.all([closed.ended, silent.ended]);
  assert.deepEqual(outcomes.map(({ cause }) => cause), ["parked", "parked"]);
  assert.equal(outcomes[0].actionsRun.length, 1);
});

Deno.test("the guard frees a parked call unless sched_del came", async () => {
  const clock = new FakeClock();
  await using stage = createStage(clock);
  const dialplan = [
    { schedHangup: 30 },
    { socket: stage.application.address },
  ];
  const parked = stage.machine.placeCall(stage.call({ dialplan }));
  (await stage.application.accept()).close();
  const taken = stage.machine.placeCall(stage.call({ dialplan }));
  const connection = await stage.application.acceptCall();
  const deleted = await connection.ask(`api sched_del ${taken.uuid}`);
  assert.equal(deleted.body, "+OK Deleted: 1\n");
  clock.advance(30_000);
  assert.equal((await parked.ended).cause, "ALLOTTED_TIMEOUT");
  const exists = await connection.ask(`api uuid_exists ${taken.uuid}`);
  assert.equal(exists.body, "true");
});
