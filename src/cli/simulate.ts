/** `simulate`: what the storm would have done to a mail system with given limits, in virtual time. No traffic. */

import type { Argv } from 'yargs';
import { intervalLog } from '../measure/hlog.ts';
import type { LoggedInterval } from '../measure/hlog-read.ts';
import { Recorder } from '../measure/recorder.ts';
import { judgedAt } from '../profile/at-doors.ts';
import type { Profile } from '../profile/schema.ts';
import { simulationSettings } from '../profile/simulation-settings.ts';
import type { RunRecord } from '../record/record.ts';
import { renderSweep, renderText } from '../report/text.ts';
import { simulate } from '../simulate/simulate.ts';
import { systemConfig } from '../simulate/system-config.ts';
import { makeComposer } from '../storm/messages.ts';
import {
  intentsOf,
  makePlan,
  plannedIntents,
  planTotals,
  type Plan,
  type PlanChoices,
} from '../storm/plan.ts';
import { exitOf } from '../verdict/exit.ts';
import { judgePrediction } from '../verdict/prediction.ts';
import { simulateCommandLine } from './command-line.ts';
import { EMBEDDED_ACCOUNTS, EMBEDDED_LIST, embeddedCapacity } from './embedded.ts';
import { loadProfile, toolIdentity } from './files.ts';
import { writeReports } from './report-files.ts';
import { RunDirectory } from './run-directory.ts';
import { readPlanChoices, withPlanFlags, type PlanFlags } from './run-flags.ts';
import { newRunId } from './run-session.ts';
import { simulationRecord } from './simulate-record.ts';
import { usageError } from './usage.ts';

export interface SimulateFlags extends PlanFlags {
  readonly profile: string;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly set: string | undefined;
  readonly sweep: string | undefined;
}

/** The flags of `simulate`. */
export function withSimulateFlags<T>(argv: Argv<T>) {
  return withPlanFlags(argv)
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'Writes record, report and interval log there',
    })
    .option('json', { type: 'boolean', default: false, describe: 'The record on standard output' })
    .option('set', {
      type: 'string',
      requiresArg: true,
      describe: "Keys of the profile's simulate block: deliveriesPerSecond=5000,accessServers=400",
    })
    .option('sweep', {
      type: 'string',
      requiresArg: true,
      describe: 'One key and its values, a simulation each: deliveriesPerSecond=5000,20000,140000',
    });
}

/** Simulates and tells; resolves with the exit code: 99 where a threshold is foretold to fail. */
export function simulateCommand(flags: SimulateFlags): number {
  const loaded = loadProfile(flags.profile);
  if (!loaded.ok) return usageError(loaded.problems);
  const choices = readPlanChoices(flags, loaded.profile);
  if (!('speed' in choices)) return usageError(choices);
  const set = simulationSettings(loaded.profile, '--set', (flags.set ?? '').split(',').filter(Boolean));
  if (!set.ok) return usageError(set.problems);
  if (flags.sweep !== undefined) return sweep(flags, flags.sweep, set.profile, choices);
  const opened = flags.out === undefined ? undefined : RunDirectory.open(flags.out);
  if (opened?.ok === false) return usageError([opened.problem]);
  const directory = opened?.directory;
  const { record, intervals, logged } = simulateOnce(
    set.profile,
    choices,
    simulateCommandLine(flags, choices),
    directory !== undefined,
  );
  if (directory !== undefined) writeReports(directory, record, intervals, logged);
  process.stdout.write(flags.json ? `${JSON.stringify(record)}\n` : renderText(record));
  if (directory?.failure !== undefined) return usageError([`--out ${flags.out}: ${directory.failure}`]);
  if (directory !== undefined) process.stderr.write(`report: ${directory.path}/report.html\n`);
  return record.exit.code;
}

/** The same storm against several systems; a table, or a line of JSON each. Its exit code says only that it was done. */
function sweep(flags: SimulateFlags, spec: string, profile: Profile, choices: PlanChoices): number {
  const [key = '', list = ''] = spec.split('=', 2);
  const values = list.split(',').filter(Boolean);
  if (flags.out !== undefined) return usageError(['--sweep: found --out beside it, expected one of them']);
  if (values.length === 0) return usageError([`--sweep: found ${spec}, expected KEY=VALUE,VALUE,...`]);
  const variants = values.map((value) => simulationSettings(profile, '--sweep', [`${key}=${value}`]));
  const problems = variants.flatMap((one) => (one.ok ? [] : one.problems));
  if (problems.length > 0) return usageError(problems);
  const rows: { readonly value: string; readonly record: RunRecord }[] = [];
  for (const [index, variant] of variants.entries()) {
    if (!variant.ok) continue;
    const command = simulateCommandLine({ ...flags, set: `${key}=${values[index] ?? ''}` }, choices);
    const { record } = simulateOnce(variant.profile, choices, command, false);
    const value = values[index] ?? '';
    if (flags.json) process.stdout.write(`${JSON.stringify({ [key]: value, record })}\n`);
    rows.push({ value, record });
  }
  if (!flags.json) process.stdout.write(renderSweep(key, rows));
  return 0;
}

/** One simulation, judged and recorded; its interval log only where it will be written. */
function simulateOnce(
  profile: Profile,
  choices: PlanChoices,
  command: string,
  isLogged: boolean,
): {
  readonly record: RunRecord;
  readonly intervals: string;
  /** What the log holds: the tally's own intervals grow longer later. */
  readonly logged: readonly LoggedInterval[];
} {
  const plan = makePlan(profile, choices);
  const system = systemConfig(profile, embeddedCapacity(profile, plan.mailboxes, plan.speed), plan.mailboxes);
  const simulated = simulate(plan, system);
  const totals = totalsOf(plan);
  // One pass over the plan counts all phases; of a drain that ended early only its part was planned.
  const planned = new Map(
    [...totals.kinds].map(([phase, kinds]) => [phase, intentsOf(kinds, plan.doors)] as const),
  );
  planned.set('drain', plannedIntents(plan, 'drain', simulated.drainLengthUs));
  const { tally, canaries, spans } = simulated;
  const judged = judgedAt(profile, plan.doors);
  const { verdict, reasons } = judgePrediction(judged, planned, { tally, canaries, phases: spans });
  const intervals = isLogged ? intervalLog(tally.intervals(), 0) : '';
  const logged = tally.intervals().map((one) => ({ ...one, series: new Map(one.series) }));
  // After the judgement: a long tail makes the timeline's intervals longer.
  const lastUs = simulated.readings.at(-1)?.atUs ?? 0;
  tally.add(new Recorder().drain(), Math.max(0, lastUs - 1));
  const startedAtMs = Date.now();
  const record = simulationRecord({
    tool: toolIdentity(),
    runId: newRunId('sim-', startedAtMs),
    startedAtMs,
    plan,
    totals,
    system,
    simulated,
    verdict,
    exit: exitOf(reasons),
    command,
  });
  return { record, intervals, logged };
}

function totalsOf(plan: Plan) {
  const accounts = { pattern: EMBEDDED_ACCOUNTS, first: 0 };
  const addressing = { runId: 'simulate', accounts, list: EMBEDDED_LIST, startedAtMs: 0 };
  return planTotals(plan, makeComposer(plan, addressing).sizeOf);
}
