import assert from "node:assert/strict";
import { readSite } from "../../../tools/deploy/read_site.ts";
import { writeSwitchVars } from "../../../tools/deploy/write_switch_vars.ts";

const TEMPLATE = "freeswitch/fs1/vapi_vars.template.xml";

async function write(text: string, fields: string): Promise<string> {
  const state = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${state}/password`, "a-password-$&-of-16\n");
    const site = readSite(
      `nodes: [{name: a, host: 127.0.0.1}]
freeswitch: [{name: fs1, host: 10.0.0.11, ${fields}eslPassword: "file:${state}/password"}]`,
      "site.yaml",
    );
    const stop = new AbortController().signal;
    const context = { site, root: "", state, stop, tell: () => {} };
    const files = new Map([[TEMPLATE, text]]);
    await writeSwitchVars(context, { id: "a", directory: "", files });
    const path = `${state}/secrets/freeswitch/fs1/vapi_vars.xml`;
    return await Deno.readTextFile(path);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

Deno.test("FreeSWITCH's file gets its passwords as they are", async () => {
  const text = await write('data="vapi_esl_password=${ESL_PASSWORD}"', "");
  assert.equal(text, 'data="vapi_esl_password=a-password-$&-of-16"');
});

Deno.test("a file that would keep a password of the template is not written", async () => {
  await assert.rejects(
    write('data="vapi_new_password=CHANGE-ME"', ""),
    /fs1's vapi_vars\.xml still has the password CHANGE-ME/,
  );
});

Deno.test("a file whose password the site no longer has is not written", async () => {
  await assert.rejects(
    write('data="vapi_web_password=${WEB_PASSWORD}"', ""),
    /still has the password \$\{WEB_PASSWORD\}/,
  );
});

Deno.test("a password that cannot be had any more is named by its variable", async () => {
  await assert.rejects(
    write("", 'webPassword: "file:/no/such/file", '),
    /vapi_web_password: \/no\/such\/file cannot be read/,
  );
});
