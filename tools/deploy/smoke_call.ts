import { createFreeSwitch } from "../../src/simulator/freeswitch/free_switch.ts";
import { readSamples } from "../../src/simulator/freeswitch/caller_voice.ts";

/** The telephone's rate, and what its caller says. */
const RATE_HZ = 8000;
const SPEECH = new URL("../../assets/speech_8k.wav", import.meta.url);
/** A frame is sound above this level, of 32768. */
const SOUND_LEVEL = 200;
/** Half a second of sound is an answer. */
const SOUND_FRAMES = 25;
/** An assistant that greets is listened to; one that does not is spoken to after this. */
const GREETING_MS = 4000;
/** A caller who has heard nothing for so long gives up. */
const PATIENCE_MS = 30_000;

/**
 * Places a call to a node's event socket, which must be on this machine, and
 * requires half a second of sound. Says how it went; rejects when it went badly.
 */
export async function placeSmokeCall(eslPort: number): Promise<string> {
  const speech = await readSamples(await Deno.readFile(SPEECH), RATE_HZ);
  const machine = createFreeSwitch();
  const startMs = performance.now();
  let soundMs: number | undefined;
  let soundFrames = 0;
  let said = 0;
  const call = machine.placeCall({
    callerNumber: "0000",
    callerName: "Smoke",
    calledNumber: "1000",
    variables: { send_silence_when_idle: "400" },
    dialplan: [
      { schedHangup: 30 },
      { socket: `127.0.0.1:${eslPort}` },
      { hangup: "NORMAL_TEMPORARY_FAILURE" },
    ],
    speech: (frame) => {
      const isGreeted = soundMs !== undefined && said === 0;
      if (isGreeted || performance.now() - startMs < GREETING_MS) return false;
      if (said >= speech.length) return false;
      frame.fill(0);
      frame.set(speech.subarray(said, said + frame.length));
      said += frame.length;
      return true;
    },
    heard: (frame) => {
      if (!frame?.some((sample) => Math.abs(sample) > SOUND_LEVEL)) return;
      soundMs ??= performance.now() - startMs;
      if (++soundFrames === SOUND_FRAMES) call.hangUp();
    },
  });
  const patience = setTimeout(() => call.hangUp(), PATIENCE_MS);
  const outcome = await call.ended.finally(() => clearTimeout(patience));
  await machine.close();
  if (soundMs !== undefined && soundFrames >= SOUND_FRAMES) {
    return `a call through it heard sound after ${
      (soundMs / 1000).toFixed(1)
    } s`;
  }
  const heard = `${call.stats.framesHeard} frames, ${soundFrames} with sound`;
  throw new Error(
    `the call through it ended with ${outcome.cause} and heard ${heard}`,
  );
}
