import assert from "node:assert/strict";
import { elementsOf, readXml } from "./xml_reader.ts";

Deno.test("the XML reader gives elements and attributes in order", () => {
  const root = readXml(
    `<?xml version="1.0"?>\n<!-- a --><a x='1' y = "b &amp; c">t &lt;<b/><c><d z="$\${v}"/></c ></a>\n`,
  );
  assert.deepEqual(elementsOf(root).map((element) => element.name), [
    "a",
    "b",
    "c",
    "d",
  ]);
  assert.deepEqual(root.attributes, { x: "1", y: "b &amp; c" });
  assert.equal(root.children[1].children[0].attributes.z, "$${v}");
});

for (
  const source of [
    "",
    "text",
    "<a>",
    "<a></b>",
    "<profile></Profile>",
    "<a/><b/>",
    "<a x=1/>",
    "<a x/>",
    `<a x="1" x="2"/>`,
    `<a x="1"y="2"/>`,
    `<a x="<"/>`,
    `<a x="a & b"/>`,
    `<a x="1/>`,
    "<a>&b;</a>",
    "<a>a & b</a>",
    "<a><!-- a -- b --></a>",
    "<a><!-- a ---></a>",
    "<a><!-- a </a>",
    "<!DOCTYPE a><a/>",
    "<a><![CDATA[b]]></a>",
    "<1/>",
  ]
) {
  Deno.test(`the XML reader refuses ${JSON.stringify(source)}`, () => {
    assert.throws(() => readXml(source), /^SyntaxError: Cannot read XML/);
  });
}
