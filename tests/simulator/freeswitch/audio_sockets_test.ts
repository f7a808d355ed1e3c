import { createKernelAudio } from "../../../src/simulator/freeswitch/kernel_audio_socket.ts";
import { openRuntimeSocket } from "../../../src/simulator/freeswitch/runtime_audio_socket.ts";
import { testAudioSockets } from "../../contract/audio_socket.ts";

testAudioSockets("the runtime's audio sockets", openRuntimeSocket);

// Loaded once for the process, as the callers' process does.
const openKernelAudio = createKernelAudio();
if (openKernelAudio === undefined) {
  console.warn("Kernel sockets are not tested: no C library may be loaded");
} else {
  testAudioSockets("audio sockets with the kernel's queue", openKernelAudio);
}
