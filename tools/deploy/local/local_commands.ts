import { drawTable } from "../../table.ts";
import { readIfThere } from "../atomic_file.ts";
import { SupervisorClient } from "./supervisor_client.ts";

/** Shows what runs of a local cluster; returns the exit code: 1 when nothing runs. */
export async function showLocal(state: string): Promise<number> {
  const status = await new SupervisorClient(state).status();
  if (status === undefined) {
    console.log("Nothing runs.");
    return 1;
  }
  const ports: Record<string, number> = JSON.parse(
    await readIfThere(`${state}/ports.json`) ?? "{}",
  );
  const rows = Object.entries(status.processes).map(([name, each]) => [
    name,
    each.state,
    String(each.pid ?? "–"),
    String(ports[name] ?? "–"),
    String(ports[`${name}:esl`] ?? "–"),
    String(each.restarts),
    each.version,
  ]);
  const head = ["process", "state", "pid", "port", "event socket", "restarts"];
  console.log(drawTable([...head, "version"], rows));
  console.log(`supervisor: process ${status.pid}; logs: ${state}/logs/`);
  return 0;
}

/** Stops a local cluster and resolves when nothing of it runs; returns the exit code. */
export async function endLocal(state: string): Promise<number> {
  const supervisor = new SupervisorClient(state);
  if (await supervisor.status() === undefined) {
    console.log("Nothing runs.");
    return 0;
  }
  console.log("The nodes drain, then everything stops …");
  await supervisor.stop();
  for (const name of await supervisor.names()) {
    await supervisor.want(name, undefined);
  }
  // A cluster that is started again has no old nodes.
  await Deno.remove(`${state}/state.json`).catch(() => {});
  console.log("Nothing is left running.");
  return 0;
}
