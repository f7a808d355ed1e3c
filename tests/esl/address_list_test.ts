import assert from "node:assert/strict";
import { parseAddressList, plainAddress } from "../../src/esl/address_list.ts";

Deno.test("an address list includes what lies in its networks and nothing else", () => {
  const list = parseAddressList([
    "10.0.0.0/8",
    "192.0.2.7",
    "fd00::/8",
    "2001:db8::1",
  ]);
  const inside = [
    "10.0.0.0",
    "10.255.255.255",
    "192.0.2.7",
    "fd12:3::4",
    "2001:db8::1",
  ];
  const outside = [
    "9.255.255.255",
    "11.0.0.0",
    "192.0.2.8",
    "fe80::1",
    "2001:db8::2",
    "::1",
  ];
  for (const address of inside) assert.ok(list.includes(address), address);
  for (const address of outside) assert.ok(!list.includes(address), address);
});

Deno.test("an address list sees through IPv4 inside IPv6, brackets and zones", () => {
  const list = parseAddressList(["10.0.0.0/8", "fe80::/10"]);
  assert.ok(list.includes("::ffff:10.1.2.3"));
  assert.ok(list.includes("::FFFF:10.1.2.3"));
  assert.ok(!list.includes("::ffff:11.1.2.3"));
  assert.ok(list.includes("fe80::1%eth0"));
  assert.ok(list.includes("[fe80::1]"));
  assert.equal(plainAddress("::ffff:127.0.0.1"), "127.0.0.1");
});

Deno.test("an empty address list, and no address, include nothing", () => {
  assert.ok(!parseAddressList([]).includes("127.0.0.1"));
  assert.ok(!parseAddressList(["0.0.0.0/0", "::/0"]).includes("localhost"));
  assert.ok(parseAddressList(["0.0.0.0/0"]).includes("203.0.113.9"));
  assert.ok(!parseAddressList(["0.0.0.0/0"]).includes("::1"));
});

for (
  const entry of [
    "",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0/8",
    "::/129",
    "host",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
  ]
) {
  Deno.test(`an address list refuses ${JSON.stringify(entry)}`, () => {
    assert.throws(() => parseAddressList([entry]), TypeError);
  });
}
