import assert from "node:assert/strict";
import { createStage, FakeClock } from "./fixtures.ts";
import { executeCommand, headerOf } from "./scripted_application.ts";

/** A port of this host on which nobody listens. */
function refusedAddress(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `127.0.0.1:${port}`;
}

Deno.test("the next host is tried at once when one refuses", async () => {
  await using stage = createStage(new FakeClock());
  const target = `${refusedAddress()}|${stage.application.address}/sales`;
  stage.machine.placeCall(stage.call({ dialplan: [{ socket: target }] }));
  const connection = await stage.application.accept();
  const { head } = await connection.ask("connect");
  assert.equal(headerOf(head, "variable_socket_path"), "sales");
  assert.equal(headerOf(head, "variable_socket_host"), "127.0.0.1");
});

Deno.test("the plan goes on when every host refuses", async () => {
  await using stage = createStage();
  const socket = `${refusedAddress()}|${refusedAddress()}`;
  const call = stage.machine.placeCall(
    stage.call({ dialplan: [{ socket }, { hangup: "NO_ROUTE_DESTINATION" }] }),
  );
  const outcome = await call.ended;
  assert.equal(outcome.cause, "NO_ROUTE_DESTINATION");
  assert.equal(outcome.actionsRun.length, 2);
});

Deno.test("the next action follows 20 ms after the application is gone, by close and by reset", async () => {
  for (const how of ["close", "cut"]) {
    const clock = new FakeClock();
    await using stage = createStage(clock);
    const call = stage.machine.placeCall(
      stage.call({
        dialplan: [{ socket: stage.application.address }, {
          hangup: "NORMAL_TEMPORARY_FAILURE",
        }],
      }),
    );
    const connection = await stage.application.acceptCall();
    if (how === "close") connection.close();
    else call.cutConnection();
    await clock.timerOf(20);
    clock.advance(19);
    await Promise.resolve();
    assert.equal(stage.machine.calls.length, 1);
    clock.advance(1);
    assert.equal((await call.ended).cause, "NORMAL_TEMPORARY_FAILURE");
    assert.equal(await connection.read().catch(() => undefined), undefined);
  }
});

Deno.test("the second application gets the same call with the variables of the first", async () => {
  await using stage = createStage();
  const { address } = stage.application;
  const call = stage.machine.placeCall(
    stage.call({ dialplan: [{ socket: address }, { socket: address }] }),
  );
  const first = await stage.application.acceptCall();
  await first.ask(executeCommand("set", "vapi_turn=7"));
  await first.event("CHANNEL_EXECUTE_COMPLETE");
  call.cutConnection();
  const second = await stage.application.accept();
  const { head } = await second.ask("connect");
  assert.equal(headerOf(head, "Unique-ID"), call.uuid);
  assert.equal(headerOf(head, "variable_vapi_turn"), "7");
});

Deno.test("a hang-up cause may be a variable, an unset one is NORMAL_CLEARING", async () => {
  await using stage = createStage();
  const place = (name: string) =>
    stage.machine.placeCall(
      stage.call({
        dialplan: [
          { setVariable: ["vapi_cause", "CALL_REJECTED"] },
          { hangup: `\${${name}}` },
        ],
      }),
    );
  assert.equal((await place("vapi_cause").ended).cause, "CALL_REJECTED");
  assert.equal((await place("other").ended).cause, "NORMAL_CLEARING");
});

Deno.test("a plan that is over hangs up, a parked call waits for its caller", async () => {
  await using stage = createStage();
  const over = stage.machine.placeCall(stage.call({ dialplan: [] }));
  assert.equal((await over.ended).cause, "NORMAL_CLEARING");
  const waiting = stage.machine.placeCall(
    stage.call({ dialplan: [{ park: true }, { hangup: "USER_BUSY" }] }),
  );
  await waiting.answered;
  waiting.hangUp("ORIGINATOR_CANCEL");
  const outcome = await waiting.ended;
  assert.equal(outcome.cause, "ORIGINATOR_CANCEL");
  assert.deepEqual(outcome.actionsRun, ["park"]);
});

Deno.test("an answer of the dialplan takes the time that was asked for", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(
    stage.call({
      answeredFirst: false,
      answerDelayMs: 70,
      dialplan: [{ answer: true }, { hangup: "NORMAL_CLEARING" }],
    }),
  );
  assert.ok(await call.answered >= 69);
  assert.equal((await call.ended).answered, true);
});

Deno.test("a bad target ends the call and not the machine", async () => {
  await using stage = createStage();
  const call = stage.machine.placeCall(
    stage.call({ dialplan: [{ socket: "nowhere" }] }),
  );
  assert.equal((await call.ended).cause, "DESTINATION_OUT_OF_ORDER");
});

Deno.test("close ends what rings, what talks and what lingers, and may be called twice", async () => {
  const stage = createStage();
  const ringing = stage.machine.placeCall(stage.call());
  const lingering = stage.machine.placeCall(stage.call());
  const connection = await stage.application.acceptCall();
  (await stage.application.acceptCall()).ask("linger").catch(() => {});
  lingering.hangUp();
  await Promise.all([stage.machine.close(), stage.machine.close()]);
  assert.equal((await ringing.ended).cause, "MANAGER_REQUEST");
  assert.throws(() => stage.machine.placeCall(stage.call()), /closed/);
  await connection.readAll();
  stage.application.close();
});
