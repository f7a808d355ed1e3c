// Long because: one table of calls and where they go.
import assert from "node:assert/strict";
import {
  canaryPattern,
  canaryShare,
} from "../../../tools/deploy/canary_pattern.ts";
import { readVariables } from "../../support/freeswitch_files.ts";
import {
  type Action,
  expand,
  positionsOf,
  valueOf,
  walkDialplan,
} from "./dialplan_walk.ts";

const CONTEXTS = ["from-uap", "from-users", "from-secure"];
const ENCRYPTED = { rtp_has_crypto: "AES_CM_128_HMAC_SHA1_80" };
const DIGITS = "0123456789ab";

for (const context of CONTEXTS) {
  Deno.test(`a call in ${context} is handed over in six rounds, each with its guards right before it`, async () => {
    const actions = await walk({ context });
    const names = actions.map(({ application }) => application);
    const first = names.indexOf("sched_transfer");
    const round = ["sched_transfer", "sched_hangup", "socket"];
    const rounds = Array.from({ length: 6 }, () => round);
    assert.deepEqual(names.slice(first), [...rounds.flat(), "hangup"]);
    for (const at of positionsOf("sched_hangup", actions)) {
      assert.equal(actions[at].data, "+30 allotted_timeout");
    }
    for (const at of positionsOf("sched_transfer", actions)) {
      const beginning = "${destination_number} XML ${context}";
      assert.equal(actions[at].data, `+5 ${beginning}`);
    }
    assert.deepEqual(actions.at(-1), {
      application: "hangup",
      data: "${vapi_cause}",
    });
  });

  Deno.test(`nothing in ${context} picks up or plays before the first socket`, async () => {
    const actions = await walk({ context });
    const before = actions.slice(0, positionsOf("socket", actions)[0]);
    for (const { application } of before) {
      assert.match(
        application,
        /^(set|ring_ready|sched_transfer|sched_hangup|limit)$/,
      );
    }
    assert.equal(valueOf("send_silence_when_idle", before), "400");
    assert.equal(valueOf("vapi_cause", before), "NORMAL_TEMPORARY_FAILURE");
    assert.ok(Number(valueOf("media_timeout", before)) >= 10_000);
  });
}

Deno.test("a call goes to the assistant of its number, the listed one before the default", async () => {
  const expected = {
    "4001234567": "sales",
    "+4001234567": "sales",
    "4007654321": "support",
    "1000": "support",
    "88": "night.desk-2",
  };
  const vapi_numbers = "4009999999:other,4001234567:sales,88:night.desk-2";
  for (const [calledNumber, assistant] of Object.entries(expected)) {
    const actions = await walk({ calledNumber, variables: { vapi_numbers } });
    assert.equal(valueOf("vapi_assistant_id", actions), assistant);
  }
});

Deno.test("a number must stand in the list as a whole", async () => {
  const variables = { vapi_numbers: "4001234567:sales,77:a,778:b" };
  for (const calledNumber of ["400123456", "001234567", "7", "8", "67"]) {
    assert.deepEqual(await walk({ calledNumber, variables }), []);
  }
  assert.equal(
    valueOf("vapi_assistant_id", await walk({ calledNumber: "77", variables })),
    "a",
  );
});

Deno.test("what is dialled cannot reach past the numbers", async () => {
  const hostile = [
    "",
    "100",
    "10000",
    "400123456",
    "14001234567",
    "4001234567:sales",
    "1/1",
    "${vapi_default_assistant}",
    ".*",
    // FreeSWITCH begins at an extension whose name is dialled.
    "handover",
    "canary",
    "assistant_by_number",
    "audio_in_the_clear",
    "few_calls_a_user",
    "test_echo",
    "test_tone",
  ];
  for (const context of CONTEXTS) {
    for (const calledNumber of hostile) {
      const actions = await walk({ context, calledNumber });
      const reached = actions.filter(({ application }) =>
        application !== "limit"
      );
      assert.deepEqual(reached, [], `${context} ${calledNumber}`);
    }
  }
});

Deno.test("a call that is transferred rings the person of its number, and comes back when nobody answers", async () => {
  const variables = { vapi_agents: "8001|8002" };
  const context = "vapi-agents";
  const actions = await walk({ context, calledNumber: "8002", variables });
  const known = { ...await readVariables(), destination_number: "8002" };
  const bridges = positionsOf("bridge", actions);
  assert.equal(bridges.length, 1);
  const [bridge] = bridges;
  assert.equal(expand(actions[bridge].data, known), "sofia/gateway/uap/8002");
  assert.equal(valueOf("hangup_after_bridge", actions), "true");
  assert.equal(valueOf("continue_on_fail", actions), "true");
  assert.equal(valueOf("vapi_transfer", actions), "${originate_disposition}");
  assert.deepEqual(actions.at(-1), {
    application: "transfer",
    data: "${vapi_home}",
  });
});

Deno.test("a number that is nobody's comes back at once, and by default that is each", async () => {
  const context = "vapi-agents";
  for (const vapi_agents of ["8001|8002", "none"]) {
    for (const calledNumber of ["800", "80011", "9008001", "agent"]) {
      const variables = { vapi_agents };
      const actions = await walk({ context, calledNumber, variables });
      assert.deepEqual(positionsOf("bridge", actions), [], calledNumber);
      assert.equal(valueOf("vapi_transfer", actions), "UNALLOCATED_NUMBER");
    }
  }
});

Deno.test("a call knows where it came in, for coming back", async () => {
  const actions = await walk({});
  const home = valueOf("vapi_home", actions);
  assert.equal(home, "${destination_number} XML ${context}");
});

Deno.test("a call without SRTP is refused where everything must be encrypted", async () => {
  const actions = await walk({ context: "from-secure", variables: {} });
  assert.deepEqual(actions, [
    { application: "hangup", data: "INCOMPATIBLE_DESTINATION" },
  ]);
});

Deno.test("an account has a limit of calls before anything else", async () => {
  const [first] = await walk({ context: "from-users" });
  assert.equal(first.application, "limit");
  assert.match(
    expand(first.data, await readVariables()),
    /^hash vapi_user \S* ?2 !USER_BUSY$/,
  );
});

Deno.test("the test numbers need no media server and end by themselves", async () => {
  for (const calledNumber of ["9196", "9197"]) {
    const actions = await walk({ calledNumber });
    assert.equal(actions[0].application, "sched_hangup");
    assert.deepEqual(positionsOf("socket", actions), []);
  }
});

for (const [count, share] of [[1, 12], [2, 6], [3, 4], [4, 3], [6, 2]]) {
  Deno.test(`${count} nodes get the same share of the calls, and each call asks them in turn`, async () => {
    const nodes = Array.from({ length: count }, (_, at) => `n${at}:8084`);
    const variables = nodeVariables(nodes);
    const firsts = new Map<string, number>();
    for (const digit of DIGITS) {
      // Digits above b do not count, so that the twelve others are as likely.
      const uuid = `ff${digit}c3a10-5e6b-4d70-8123-0123456789ab`;
      const rounds = await hostLists({ uuid, variables });
      const begins = rounds.map((hosts) => hosts.split("|")[0]);
      firsts.set(begins[0], (firsts.get(begins[0]) ?? 0) + 1);
      const at = nodes.indexOf(begins[0]);
      const turn = begins.map((_, round) => nodes[(at + round) % count]);
      assert.deepEqual(begins, turn);
      for (const hosts of rounds) {
        assert.deepEqual(hosts.split("|").sort(), [...nodes].sort());
      }
    }
    assert.deepEqual([...firsts.values()], nodes.map(() => share));
  });
}

Deno.test("every UUID finds its nodes, evenly", async () => {
  const variables = nodeVariables(["n0:8084", "n1:8084", "n2:8084"]);
  const counts: Record<string, number> = {};
  const total = 300;
  for (let call = 0; call < total; call++) {
    const [first] = await hostLists({ uuid: crypto.randomUUID(), variables });
    const node = first.split("|")[0];
    counts[node] = (counts[node] ?? 0) + 1;
  }
  // Five standard deviations of a fair third.
  const bound = 5 * Math.sqrt(total * 2 / 9);
  for (const node of ["n0:8084", "n1:8084", "n2:8084"]) {
    assert.ok(Math.abs(counts[node] - total / 3) < bound, `${counts[node]}`);
  }
});

for (
  const [percent, pattern, share] of [
    [0, "none", 0],
    [1, "0[0-2]", 3],
    [5, "0[0-9a-c]", 13],
    [10, "[0-0].|1[0-9]", 26],
    [25, "[0-3].", 64],
    [50, "[0-7].", 128],
    [100, "[0-9a-f].", 256],
  ] as const
) {
  Deno.test(`a canary of ${percent} percent is asked first by ${share} of 256 UUIDs`, async () => {
    assert.equal(canaryShare(percent), share);
    assert.equal(canaryPattern(share), pattern);
    const variables = {
      ...nodeVariables(["n0:8084", "n1:8084"]),
      vapi_canary: "canary:8084",
      vapi_canary_pattern: pattern,
    };
    // Below the share, at its edge, and far beyond.
    for (const value of new Set([0, share - 1, share, 255])) {
      if (value < 0 || value > 255) continue;
      const end = value.toString(16).padStart(2, "0");
      const uuid = `00000000-0000-4000-8000-0000000000${end}`;
      const [first, ...later] = await hostLists({ uuid, variables });
      const stable = "n0:8084|n1:8084";
      assert.equal(first, value < share ? `canary:8084|${stable}` : stable);
      assert.ok(later.every((hosts) => !hosts.includes("canary")));
    }
  });
}

Deno.test("the readme's rule for a canary gives exactly the share, for every share", () => {
  for (let share = 0; share <= 256; share++) {
    const pattern = new RegExp(`(?:${canaryPattern(share)})$`);
    for (let value = 0; value < 256; value++) {
      const end = value.toString(16).padStart(2, "0");
      assert.equal(pattern.test(`-0123456789${end}`), value < share);
    }
  }
});

Deno.test("a canary that is no address is not asked", async () => {
  for (const vapi_canary of ["", "none", "10.0.0.14", "10.0.0.14:", "a b:1"]) {
    const variables = { vapi_canary, vapi_canary_pattern: "[0-9a-f]." };
    const [first] = await hostLists({ uuid: crypto.randomUUID(), variables });
    assert.equal(first, "127.0.0.1:8084", vapi_canary);
  }
});

Deno.test("the shipped lists name nodes on another port than FreeSWITCH's own", async () => {
  const variables = await readVariables();
  for (const digit of DIGITS) {
    for (const host of variables[`vapi_nodes_${digit}`].split("|")) {
      assert.match(host, /^[\w.-]+:8084$/);
    }
  }
});

function walk(
  { context, calledNumber = "1000", variables = ENCRYPTED, uuid }: {
    context?: string;
    calledNumber?: string;
    uuid?: string;
    variables?: Record<string, string>;
  },
): Promise<Action[]> {
  return walkDialplan({ context, calledNumber, uuid, variables });
}

/** The host list of each round of a call, as FreeSWITCH's socket gets it. */
async function hostLists(
  { uuid, variables }: { uuid: string; variables: Record<string, string> },
): Promise<string[]> {
  const actions = await walk({ uuid, variables });
  const first = valueOf("vapi_first", actions);
  const known = { ...await readVariables(), ...variables };
  const vapi_first = first === undefined ? "" : expand(first, known);
  return positionsOf("socket", actions).map((at) => {
    const data = expand(actions[at].data, { ...known, vapi_first });
    assert.match(data, / async full$/);
    return data.slice(0, -" async full".length);
  });
}

/** The twelve lists that the readme asks for. */
function nodeVariables(nodes: readonly string[]): Record<string, string> {
  return Object.fromEntries([...DIGITS].map((digit, index) => {
    const first = index % nodes.length;
    const turned = [...nodes.slice(first), ...nodes.slice(0, first)];
    return [`vapi_nodes_${digit}`, turned.join("|")];
  }));
}
