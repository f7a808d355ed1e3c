import assert from "node:assert/strict";
import { ApiRig } from "../support/api_rig.ts";

Deno.test("/console leads to the page, whatever stands in front of the path", async () => {
  await using rig = new ApiRig();
  const response = await fetch(`${rig.url}/console`, { redirect: "manual" });
  await response.body?.cancel();
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("location"), "console/");
});

Deno.test("what the page names is served, and may come from nowhere else", async () => {
  await using rig = new ApiRig();
  const page = await rig.ask("/console/");
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type")!, /^text\/html/);
  const script = await rig.ask("/console/console.js");
  const named = [
    ...page.text.matchAll(/(?:href|src)="([^"]+)"/g),
    ...script.text.matchAll(/from "\.\/([^"]+)"/g),
    ...script.text.matchAll(/new URL\("(\w+\.js)"/g),
  ].map(([, name]) => name);
  assert.ok(named.length >= 5, `${named}`);
  for (const name of named) {
    const { status, headers } = await rig.ask(`/console/${name}`);
    assert.equal(status, 200, name);
    const policy = headers.get("content-security-policy");
    assert.match(policy!, /default-src 'self'/);
  }
});

Deno.test("the page runs nothing that stands in itself", async () => {
  await using rig = new ApiRig();
  const { text } = await rig.ask("/console/");
  assert.doesNotMatch(text, /<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
});

const OTHERS = [
  "../console.ts",
  "..%2fconsole.ts",
  "%2e%2e/api.ts",
  "constructor",
  "__proto__",
  "nothing.js",
];
for (const name of OTHERS) {
  Deno.test(`/console/${name} is nothing that is served`, async () => {
    await using rig = new ApiRig();
    const { status } = await rig.ask(`/console/${name}`);
    assert.equal(status, 404);
  });
}

Deno.test("every word that the page wants is there in both languages", async () => {
  await using rig = new ApiRig();
  const page = await rig.ask("/console/");
  const script = await rig.ask("/console/console.js");
  const { text } = await rig.ask("/console/words.js");
  const wanted = new Set([
    ...page.text.matchAll(/data-word="(\w+)"/g),
    ...script.text.matchAll(/(?<!\/)words\.(\w+)/g),
  ].map(([, word]) => word));
  assert.ok(wanted.size > 20);
  for (const word of wanted) {
    const found = text.match(new RegExp(`^ +${word}:`, "gm")) ?? [];
    assert.equal(found.length, 2, word);
  }
});
