import type { OpenAudioSocket } from "../../../src/simulator/freeswitch/audio_socket.ts";
import type {
  CallOptions,
  SimulatedCall,
} from "../../../src/simulator/freeswitch/call_options.ts";
import { createStage, FakeClock, type Stage } from "./fixtures.ts";
import {
  type ScriptedConnection,
  unicastCommand,
} from "./scripted_application.ts";

/** A call that exchanges audio, and the application's end of it. */
export interface Talk extends AsyncDisposable {
  readonly stage: Stage;
  readonly clock: FakeClock;
  readonly call: SimulatedCall;
  readonly connection: ScriptedConnection;
  /** Where the application receives. */
  readonly port: number;
  /** What the caller heard, the first sample of each frame; undefined for nothing. */
  readonly heard: (number | undefined)[];
  /** The next datagram of the caller. */
  receive(): Promise<Uint8Array>;
  /** Sends a datagram to the caller and waits until it stands in the queue. */
  send(bytes: Uint8Array): Promise<void>;
  /** Lets so many frame times pass. */
  ticks(count: number): void;
}

/** How a {@linkcode Talk} is set up. */
export interface TalkSetting {
  /** Of the dialplan; 1 unless told. */
  readonly sockets?: number;
  readonly openAudio?: OpenAudioSocket;
  /** Whether a datagram is seen before it is taken; the kernel keeps it otherwise. */
  readonly isSeen?: boolean;
}

/** A call with unicast that a fake clock paces, at its first frame time. */
export async function startTalk(
  options: Partial<CallOptions> = {},
  { sockets = 1, openAudio, isSeen = true }: TalkSetting = {},
): Promise<Talk> {
  const clock = new FakeClock();
  const stage = createStage(clock, openAudio);
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const heard: (number | undefined)[] = [];
  let arrived = () => {};
  const call = stage.machine.placeCall(stage.call({
    heard: (frame) => heard.push(frame?.[0]),
    arrived: () => arrived(),
    dialplan: Array(sockets).fill({ socket: stage.application.address }),
    ...options,
  }));
  const frameMs = options.codec?.frameMs ?? 20;
  const connection = await stage.application.acceptCall();
  let remote: Deno.Addr | undefined;
  const receive = async () => {
    const [datagram, from] = await socket.receive(new Uint8Array(8192));
    remote = from;
    return datagram;
  };
  const { port } = socket.addr as Deno.NetAddr;
  await connection.ask(unicastCommand(port));
  await clock.timerOf(20);
  clock.advance(20);
  // The leg exists once the channel's thread has run: its first frame is due 20 ms later.
  await clock.timerOf(20);
  return {
    stage,
    clock,
    call,
    connection,
    port,
    heard,
    receive,
    async send(bytes) {
      const stands = new Promise<void>((resolve) => arrived = resolve);
      await socket.send(bytes, remote as Deno.Addr);
      if (isSeen) await stands;
    },
    ticks: (count) => clock.advance(count * frameMs),
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      socket.close();
    },
  };
}

/** A frame whose samples all have the value. */
export function frameOf(value: number, samples = 160): Uint8Array {
  return new Uint8Array(new Int16Array(samples).fill(value).buffer);
}
