import assert from "node:assert/strict";
import {
  hangupCommand,
  refusal,
  setVariableCommand,
  unicastCommand,
} from "../../src/esl/call_commands.ts";
import { commandText } from "../../src/esl/command.ts";

Deno.test("commandText writes a line for each field", () => {
  assert.equal(
    commandText("sendmsg", { "call-command": "execute", "loops": 1 }),
    "sendmsg\ncall-command: execute\nloops: 1",
  );
});

for (const character of ["\r", "\n", "\0"]) {
  Deno.test(`commandText refuses ${JSON.stringify(character)} anywhere`, () => {
    const bad = `a${character}b`;
    assert.throws(() => commandText(bad), TypeError);
    assert.throws(() => commandText("sendmsg", { name: bad }), TypeError);
    assert.throws(() => commandText("sendmsg", { [bad]: "value" }), TypeError);
    const variable = { name: "a", value: bad };
    assert.throws(() => setVariableCommand("uuid", variable), TypeError);
    assert.throws(() => hangupCommand(`NORMAL${character}CLEARING`), TypeError);
    assert.throws(
      () =>
        unicastCommand("127.0.0.1", { host: `127.0.0.1${character}`, port: 1 }),
      TypeError,
    );
  });
}

Deno.test("commandText refuses an empty command", () => {
  assert.throws(() => commandText(" "), TypeError);
});

Deno.test("unicastCommand is the message that was measured", () => {
  assert.equal(
    unicastCommand("192.0.2.1", { host: "127.0.0.1", port: 41000 }),
    "sendmsg\ncall-command: unicast\nlocal-ip: 192.0.2.1\nlocal-port: 0\n" +
      "remote-ip: 127.0.0.1\nremote-port: 41000\ntransport: udp",
  );
});

Deno.test("unicastCommand refuses what is no address or port", () => {
  const here = "127.0.0.1";
  // FreeSWITCH makes IPv4 sockets, and says +OK to other addresses all the same.
  for (const host of ["", "host.example", "127.0.0.1 ", "-", "::1"]) {
    assert.throws(() => unicastCommand(here, { host, port: 1 }), TypeError);
    assert.throws(
      () => unicastCommand(host, { host: here, port: 1 }),
      TypeError,
    );
  }
  for (const port of [0, -1, 65536, 1.5, NaN]) {
    assert.throws(
      () => unicastCommand(here, { host: here, port }),
      RangeError,
    );
  }
});

Deno.test("setVariableCommand refuses names that are more than a name", () => {
  for (const name of ["", "a b", "a=b", "${a}", "ä", "a-b"]) {
    const variable = { name, value: "1" };
    assert.throws(() => setVariableCommand("uuid", variable), TypeError);
  }
  assert.equal(
    setVariableCommand("uuid", { name: "vapi_outcome", value: "done, 好" }),
    "uuid_setvar uuid vapi_outcome done, 好",
  );
});

Deno.test("refusal names the command without its values", () => {
  const text = setVariableCommand("uuid", { name: "n", value: "secret" });
  assert.equal(
    refusal(text, "-ERR No such channel!\n").message,
    "FreeSWITCH refused uuid_setvar: -ERR No such channel!",
  );
  assert.match(
    refusal(hangupCommand("USER_BUSY"), "-ERR").message,
    /call-command: hangup/,
  );
});
