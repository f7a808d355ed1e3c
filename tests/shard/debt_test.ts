import assert from "node:assert/strict";
import { Debt } from "../../src/shard/debt.ts";
import { resumePrompt } from "../../src/shard/prompts.ts";

const IDLE = { awaitsAnswer: false, isBroken: false };

Deno.test("nothing is said when nothing is owed", () => {
  const debt = new Debt("nothing");
  debt.tell();
  assert.deepEqual(debt.pay(), []);
  debt.lose(IDLE);
  assert.deepEqual(debt.pay(), []);
});

Deno.test("what another node owed is asked for once", () => {
  const debt = new Debt("transfer");
  assert.deepEqual(debt.pay(), [resumePrompt("transfer")]);
  assert.deepEqual(debt.pay(), []);
});

Deno.test("an answer is owed before the rest of one", () => {
  const debt = new Debt("nothing");
  debt.lose({ awaitsAnswer: false, isBroken: true });
  assert.deepEqual(debt.pay(), [resumePrompt("rest")]);
  debt.lose({ awaitsAnswer: true, isBroken: true });
  assert.deepEqual(debt.pay(), [resumePrompt("answer")]);
});

Deno.test("what a function returned is owed until the model answers", () => {
  const debt = new Debt("nothing");
  debt.lookUp();
  debt.lose(IDLE);
  assert.deepEqual(debt.pay(), [resumePrompt("answer")]);
  debt.answer();
  debt.lose(IDLE);
  assert.deepEqual(debt.pay(), []);
});

Deno.test("what is owed stays when the next conversation is lost before it begins", () => {
  const debt = new Debt("nothing");
  debt.lose({ awaitsAnswer: true, isBroken: false });
  debt.tell();
  debt.lose();
  assert.deepEqual(debt.pay(), [resumePrompt("answer")]);
});

Deno.test("what is said meanwhile is told only to a conversation that was not given it with the rest", () => {
  const debt = new Debt("nothing");
  debt.lose(IDLE);
  debt.say("1");
  debt.tell();
  assert.deepEqual(debt.pay(), [resumePrompt("answer")]);

  debt.lose(IDLE);
  debt.tell();
  debt.say("2");
  debt.say("3");
  assert.deepEqual(debt.pay(), ["2", "3"]);

  debt.lose(IDLE);
  debt.tell();
  debt.say("4");
  debt.lose();
  debt.tell();
  assert.deepEqual(debt.pay(), [resumePrompt("answer")]);
});

Deno.test("a greeting is said again unless an answer is owed", () => {
  const debt = new Debt("nothing");
  assert.equal(debt.isGreeting, false);
  debt.owesGreeting();
  debt.lose(IDLE);
  assert.equal(debt.isGreeting, true);
  debt.say("5");
  assert.equal(debt.isGreeting, false);
  assert.equal(debt.isGreetingOwed, true);
  debt.greeted();
  assert.equal(debt.isGreetingOwed, false);
});
