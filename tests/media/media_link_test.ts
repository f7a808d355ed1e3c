import assert from "node:assert/strict";
import { mediaThreads } from "../../src/media/media_thread.ts";
import type { StartMediaThread } from "../../src/media/media_thread.ts";
import { loadLibc } from "../../src/net/libc.ts";
import { listOpenFiles } from "../support/open_files.ts";
import { idleThreads } from "../support/idle_threads.ts";
import { until } from "../support/fake_timers.ts";
import {
  callRings,
  hear,
  MediaRig,
  PlainPeer,
  say,
  WITHOUT_MEDIA_THREAD,
} from "../support/media_rig.ts";

/** For a first frame; a busy machine takes its time to start a thread, in milliseconds. */
const PATIENT_MS = 30_000;
const BAD_MEDIA = new URL("../support/bad_media.ts", import.meta.url);

if (WITHOUT_MEDIA_THREAD !== undefined) {
  console.warn(`The media thread is not tested: ${WITHOUT_MEDIA_THREAD}`);
} else testMediaThread();

/** The first thread breaks when it is to close a leg, those that follow are real. */
function badThenGood(fault: "throw" | "loop"): StartMediaThread {
  const good = mediaThreads(loadLibc()!);
  const bad = mediaThreads(loadLibc()!, {
    module: new URL(`#${fault}`, BAD_MEDIA),
  });
  let started = 0;
  return (events) => started++ === 0 ? bad(events) : good(events);
}

/** Sockets, and what tells which of them have something. */
function countFiles(): number {
  const files = listOpenFiles(Deno.pid);
  return files.filter((name) => /socket|eventpoll/.test(name)).length;
}

/** Waits without giving the event loop a turn; false when it does not come true in 10 s. */
function spinUntil(isTrue: () => boolean): boolean {
  const endMs = performance.now() + 10_000;
  while (performance.now() < endMs) {
    if (isTrue()) return true;
  }
  return false;
}

/** The first thread breaks, the next ones cannot be started, and the one after those is real. */
function badThenNone(refusals: number): StartMediaThread {
  const real = badThenGood("throw");
  let asked = 0;
  return (events) => {
    const isRefused = asked > 0 && asked <= refusals;
    asked++;
    if (isRefused) throw new Error("Resource temporarily unavailable");
    return real(events);
  };
}

function testMediaThread(): void {
  Deno.test("frames pass both ways in the media thread, and are counted", async () => {
    await using rig = new MediaRig();
    const leg = rig.open();
    using peer = new PlainPeer(leg.port);
    const { start, uplink, downlink, pressed } = callRings();
    const first = leg.start(start, PATIENT_MS);
    say(downlink, [100, 101, 102]);
    uplink.want(3);
    peer.sendFrame(0);
    await first;
    const said: number[] = [];
    for (const number of [1, 2]) {
      peer.sendFrame(number);
      await until(() => (said.push(...peer.received()), said.length > number));
    }
    assert.deepEqual(said, [100, 101, 102]);
    // FreeSWITCH is answered before the shard is told.
    await leg.close();
    assert.deepEqual(hear(uplink), [0, 1, 2]);
    assert.ok(pressed() > 0);
    assert.equal(leg.counts.uplinkFrames, 3);
    assert.equal(leg.counts.downlinkFrames, 3);
    assert.equal(rig.media.size, 0);
  });

  Deno.test("frames pass while the main thread stands still", async () => {
    await using rig = new MediaRig();
    const leg = rig.open();
    using peer = new PlainPeer(leg.port);
    const { start, uplink, downlink } = callRings();
    const first = leg.start(start, PATIENT_MS);
    peer.sendFrame(0);
    await first;
    for (let number = 1; number < 20; number++) {
      say(downlink, [100 + number]);
      peer.sendFrame(number);
      let said: number[] = [];
      assert.ok(spinUntil(() => (said = peer.received()).length > 0));
      assert.deepEqual(said, [100 + number]);
    }
    assert.ok(hear(uplink).length > 10);
    await leg.close();
  });

  Deno.test("datagrams that were there before the start are an earlier call's and not heard", async () => {
    await using rig = new MediaRig();
    const leg = rig.open();
    using peer = new PlainPeer(leg.port);
    for (let i = 0; i < 5; i++) peer.sendFrame(900 + i);
    const { start, uplink } = callRings();
    const first = leg.start(start, PATIENT_MS);
    peer.sendFrame(0);
    await first;
    await leg.close();
    assert.deepEqual(hear(uplink), [0]);
  });

  Deno.test("a leg that hears nothing rejects with TimeoutError, and one that is closed with AbortError", async () => {
    await using rig = new MediaRig();
    const deaf = rig.open();
    await assert.rejects(deaf.start(callRings().start, 20), {
      name: "TimeoutError",
    });
    assert.throws(() => deaf.start(callRings().start, 20), TypeError);
    await deaf.close();
    await deaf.close();
    const closed = rig.open();
    const start = closed.start(callRings().start, PATIENT_MS);
    closed.close();
    await assert.rejects(start, { name: "AbortError" });
    const bound = rig.open();
    assert.throws(() => bound.rejoin(callRings().start), TypeError);
    await bound.close();
    assert.throws(() => bound.start(callRings().start, 20), TypeError);
    bound.rejoin(callRings().start);
  });

  Deno.test("a leg that rejoins goes on with other rings", async () => {
    await using rig = new MediaRig();
    const leg = rig.open();
    using peer = new PlainPeer(leg.port);
    const [before, after] = [callRings(), callRings()];
    const first = leg.start(before.start, PATIENT_MS);
    peer.sendFrame(0);
    await first;
    leg.rejoin(after.start);
    say(after.downlink, [7]);
    const said: number[] = [];
    for (let number = 1; said.length === 0; number++) {
      peer.sendFrame(number);
      await new Promise((resolve) => setTimeout(resolve, 5));
      said.push(...peer.received());
    }
    assert.deepEqual(said, [7]);
    await leg.close();
    const heard = [...hear(before.uplink), ...hear(after.uplink)];
    assert.deepEqual(heard.slice(0, 3), [0, 1, 2].slice(0, heard.length));
  });

  Deno.test("a leg with memory that is no rings fails alone", async () => {
    await using rig = new MediaRig();
    const [bad, good] = [rig.open(), rig.open()];
    using peer = new PlainPeer(good.port);
    const failed = Promise.withResolvers<unknown>();
    const { start } = callRings();
    bad.start({
      ...start,
      rings: { ...start.rings, memory: new SharedArrayBuffer(16) },
      onFailed: failed.resolve,
    }, PATIENT_MS).catch(() => {});
    assert.match(String(await failed.promise), /RangeError.*rings/);
    const first = good.start(callRings().start, PATIENT_MS);
    peer.sendFrame(0);
    await first;
    await Promise.all([bad.close(), good.close()]);
    assert.equal(rig.errors.length, 1);
    assert.equal(rig.restarts, 0);
  });

  for (const fault of ["throw", "loop"] as const) {
    Deno.test(`legs go on with another thread when theirs ${fault === "throw" ? "breaks" : "hangs"}, with their sockets, rings and counts`, async () => {
      const before = countFiles();
      {
        await using rig = new MediaRig(badThenGood(fault));
        const [leg, fatal] = [rig.open(), rig.open()];
        using peer = new PlainPeer(leg.port);
        const { start, uplink, downlink } = callRings();
        const first = leg.start(start, 30_000);
        peer.sendFrame(0);
        await first;
        fatal.start(callRings().start, 30_000).catch(() => {});
        await fatal.close();
        assert.equal(rig.restarts, 1);
        say(downlink, [41, 42]);
        // What comes while there is no thread waits in the socket.
        peer.sendFrame(1);
        const said: number[] = [];
        await until(() => (said.push(...peer.received()), said.length > 0));
        peer.sendFrame(2);
        await until(() => (said.push(...peer.received()), said.length > 1));
        await leg.close();
        assert.deepEqual(said, [41, 42]);
        assert.deepEqual(hear(uplink), [0, 1, 2]);
        assert.ok(leg.counts.uplinkFrames >= 2);
        assert.equal(leg.counts.downlinkFrames, 2);
      }
      // The runtime closes what it had for its thread in its own time.
      if (fault === "throw") await until(() => countFiles() <= before);
      else assert.ok(idleThreads().includes("media"));
    });
  }

  Deno.test("a thread that cannot be started is tried again, and the legs go on with it", async () => {
    await using rig = new MediaRig(badThenNone(1));
    const [leg, fatal] = [rig.open(), rig.open()];
    using peer = new PlainPeer(leg.port);
    const { start, uplink } = callRings();
    const first = leg.start(start, 30_000);
    peer.sendFrame(0);
    await first;
    fatal.start(callRings().start, 30_000).catch(() => {});
    await fatal.close();
    peer.sendFrame(1);
    const heard: number[] = [];
    await until(() => (heard.push(...hear(uplink)), heard.length > 1));
    assert.deepEqual(heard, [0, 1]);
  });

  Deno.test("legs for which no thread can be started are given up in time", async () => {
    await using rig = new MediaRig(badThenNone(Infinity));
    const [leg, fatal] = [rig.open(), rig.open()];
    using peer = new PlainPeer(leg.port);
    const failures: unknown[] = [];
    const first = leg.start({
      ...callRings().start,
      onFailed: (error) => failures.push(error),
    }, 30_000);
    peer.sendFrame(0);
    await first;
    fatal.start(callRings().start, 30_000).catch(() => {});
    await fatal.close();
    await until(() => failures.length > 0);
    assert.match(String(failures), /OverloadError: No media thread/);
    await leg.close();
    assert.equal(rig.media.size, 0);
  });

  Deno.test("a leg over which two threads hang is ended alone, and the others go on", async () => {
    const module = new URL("#poison", BAD_MEDIA);
    await using rig = new MediaRig(mediaThreads(loadLibc()!, { module }));
    await rig.media.started;
    const [bad, good] = [rig.open(), rig.open()];
    using badPeer = new PlainPeer(bad.port);
    using peer = new PlainPeer(good.port);
    const { start, uplink } = callRings();
    const failed = Promise.withResolvers<unknown>();
    const options = { ...callRings().start, onFailed: failed.resolve };
    const firsts = [bad.start(options, 30_000), good.start(start, 30_000)];
    badPeer.sendFrame(0);
    peer.sendFrame(0);
    await Promise.all(firsts);
    badPeer.sendFrame(666);
    await until(() => rig.restarts === 1);
    badPeer.sendFrame(666);
    assert.match(String(await failed.promise), /code|hang/);
    assert.equal(await bad.close(), false);
    peer.sendFrame(1);
    await until(() => hear(uplink).includes(1));
    // What hangs may come back, and had its rings too.
    assert.equal(await good.close(), false);
    assert.equal(rig.restarts, 2);
    const later = rig.open();
    using laterPeer = new PlainPeer(later.port);
    const third = later.start(callRings().start, 30_000);
    laterPeer.sendFrame(0);
    await third;
    assert.equal(await later.close(), true);
  });

  Deno.test("what the rings have counted is not counted again by another thread", async () => {
    await using rig = new MediaRig(badThenGood("throw"));
    const [leg, fatal] = [rig.open(), rig.open()];
    using peer = new PlainPeer(leg.port);
    const { start, downlink } = callRings();
    const first = leg.start(start, 30_000);
    peer.sendFrame(0);
    await first;
    downlink.setStreaming(true);
    peer.sendFrame(1);
    await until(() => leg.counts.downlinkMissed > 0);
    const before = leg.counts.downlinkMissed;
    downlink.setStreaming(false);
    fatal.start(callRings().start, 30_000).catch(() => {});
    await fatal.close();
    peer.sendFrame(2);
    await until(() => rig.media.running);
    await leg.close();
    const { downlinkMissed } = leg.counts;
    // Our clock may have asked for some more while nothing came.
    assert.ok(downlinkMissed >= before && downlinkMissed < 2 * before + 1);
  });

  Deno.test("a thread that cannot be started is told, and takes no legs", async () => {
    const module = new URL("file:///nowhere/media_worker.ts");
    await using rig = new MediaRig(mediaThreads(loadLibc()!, { module }));
    await assert.rejects(rig.media.started);
    assert.equal(rig.media.running, false);
  });

  Deno.test("whether FreeSWITCH is still there is asked for although its frames came to the thread before", async () => {
    await using rig = new MediaRig(badThenGood("throw"));
    const [leg, fatal] = [rig.open(), rig.open()];
    using peer = new PlainPeer(leg.port);
    const paused = Promise.withResolvers<void>();
    const { start } = callRings();
    const first = leg.start({ ...start, onPaused: paused.resolve }, 30_000);
    peer.sendFrame(0);
    await first;
    fatal.start(callRings().start, 30_000).catch(() => {});
    await fatal.close();
    await paused.promise;
    await leg.close();
  });

  Deno.test("closing the link ends the legs that are there", async () => {
    const rig = new MediaRig();
    const [bound, started] = [rig.open(), rig.open()];
    const start = started.start(callRings().start, PATIENT_MS);
    start.catch(() => {});
    const letGo = [bound.close(), started.close()];
    await rig.media.close();
    await Promise.all(letGo);
    assert.throws(() => rig.open(), /no audio any more/);
    await rig.media.close();
    assert.equal(rig.media.size, 0);
  });
}
