import type { FrameConsumer } from "../../src/ring/frame_ring.ts";

/** The oldest frame of a ring, taken out of it; undefined when there is none. */
export function takeFrame(ring: FrameConsumer): Int16Array | undefined {
  const frame = new Int16Array(ring.frameSamples);
  return ring.take(frame) ? frame : undefined;
}

/** A frame of one value. */
export function levelFrame(frameSamples: number, value: number): Int16Array {
  return new Int16Array(frameSamples).fill(value);
}

/** A frame for {@linkcode readPattern}. */
export function patternFrame(frameSamples: number, index: number): Int16Array {
  const frame = new Int16Array(frameSamples);
  fillPattern(frame, index);
  return frame;
}

/** A frame in which every sample tells the frame's number and its own place. */
export function fillPattern(frame: Int16Array, index: number): void {
  frame[0] = index & 0x7fff;
  frame[1] = (index >> 15) & 0x7fff;
  for (let i = 2; i < frame.length; i++) frame[i] = patternAt(index, i);
}

/** The number of a frame; throws when its samples are of two frames. */
export function readPattern(frame: Int16Array): number {
  const index = frame[0] | (frame[1] << 15);
  for (let i = 2; i < frame.length; i++) {
    if (frame[i] !== patternAt(index, i)) {
      throw new Error(`Frame ${index} is torn at sample ${i}`);
    }
  }
  return index;
}

function patternAt(index: number, place: number): number {
  return ((Math.imul(index, 0x9e3779b1) >>> 17) ^ (place * 37)) & 0x7fff;
}
