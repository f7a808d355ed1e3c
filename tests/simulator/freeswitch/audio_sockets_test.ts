import { createPolledAudio } from "../../../src/simulator/freeswitch/polled_audio_socket.ts";
import { openRuntimeSocket } from "../../../src/simulator/freeswitch/runtime_audio_socket.ts";
import { testAudioSockets } from "../../contract/audio_socket.ts";

testAudioSockets("the runtime's audio sockets", openRuntimeSocket);

// Loaded once for the process, as the callers' process does.
const polled = createPolledAudio({ pollMs: 1 });
if (polled === undefined) {
  console.warn("Polled sockets are not tested: no C library may be loaded");
} else {
  testAudioSockets("polled audio sockets", polled);
}
