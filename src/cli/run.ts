/** `run`: replay a storm and judge it. Opens the run directory first and writes it on every path out. */

import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline/promises';
import picocolors from 'picocolors';
import type { Profile } from '../profile/schema.ts';
import { renderText } from '../report/text.ts';
import { exitOf, type ExitReason } from '../verdict/exit.ts';
import { runCommandLine } from './command-line.ts';
import { hasColours } from './console/terminal.ts';
import { loadProfile, toolIdentity } from './files.ts';
import { listenForInterrupts, type Interrupts } from './interrupts.ts';
import { EventBook } from './record-events.ts';
import { appendStepSummary, writeReports } from './report-files.ts';
import { RunDirectory } from './run-directory.ts';
import { Gauges } from './gauge.ts';
import { readRunChoices, type RunChoices, type RunFlags } from './run-flags.ts';
import { buildIntervalLog, buildRecord, type RunFacts } from './run-record.ts';
import { newRunId, RunSession } from './run-session.ts';
import { RunWatchers } from './run-watchers.ts';
import { sourceProblem } from './submit-flags.ts';
import { usageError } from './usage.ts';
import { warningsOf } from './warnings.ts';

/** After the second Ctrl-C the run gets this long to say what it knows. */
const LEAVE_MS = 3_000;

/** Runs; resolves with the process's exit code. */
export async function runCommand(flags: RunFlags): Promise<number> {
  const loaded = loadProfile(flags.profile);
  if (!loaded.ok) return usageError(loaded.problems);
  const read = await readRunChoices(flags, loaded.profile);
  if (!read.ok) return usageError(read.problems);
  const unusable = await sourceProblem(read.choices.named?.submission.sourceAddresses ?? [], undefined);
  if (unusable !== undefined) return usageError([unusable]);
  const runId = newRunId('', Date.now());
  const watchers = await RunWatchers.open(flags, read.choices, runId);
  if (typeof watchers === 'string') return usageError([watchers]);
  const opened = RunDirectory.open(flags.out ?? `runs/${runId}`);
  if (!opened.ok && opened.kind === 'taken') {
    await watchers.shut(opened.problem);
    return usageError([opened.problem]);
  }
  const { terminal, live } = watchers;
  const directory = opened.ok ? opened.directory : undefined;
  const interrupts = listenForInterrupts((text) => terminal.line(text));
  const { profile, text: profileText } = loaded;
  const events = new EventBook((event) => [directory, watchers].forEach((one) => one?.event(event)));
  const session = new RunSession({
    runId,
    flags,
    choices: read.choices,
    profile,
    profileText,
    terminal,
    live,
    interrupts,
    event: (event) => events.note(event),
    confirm: (question) => confirm(question, flags.yes, interrupts),
  });
  watchers.begin(interrupts);
  const gauges = new Gauges(read.choices.gauges, session.clock);
  gauges.start();
  const reasons: ExitReason[] = [];
  if (!opened.ok) reasons.push({ name: 'unwritable', because: opened.problem });
  else reasons.push(...(await unlessLeft(interrupts, () => withoutThrowing(() => session.go()))));
  terminal.settle();
  gauges.close();
  interrupts.close();
  const facts = (): RunFacts =>
    factsOf({ session, gauges, events, reasons, runId, profile, flags, choices: read.choices });
  return finish(flags, directory, reasons, facts, watchers);
}

/** What is known of a run, at the moment it is asked. */
function factsOf({ session, gauges, events, reasons, runId, profile, flags, choices }: Told): RunFacts {
  return {
    tool: toolIdentity(),
    runId,
    startedAtMs: session.startedAtMs,
    profile,
    plan: session.plan,
    totals: session.totals,
    workers: choices.workers,
    target: session.target ?? null,
    conducted: session.conducted,
    readings: session.readings,
    owedUnit: owedUnitOf(choices),
    probes: gauges.recorded(session.conducted?.zeroUs ?? 0),
    events: events.kept,
    command: runCommandLine(flags, choices),
    ledger: session.ledger,
    amplification: session.amplification,
    manners: session.manners,
    canaries: session.canaries,
    census: session.census,
    verdict: session.verdict,
    exit: exitOf(reasons),
    warnings: warningsFor(session, choices, profile, flags),
  };
}

interface Told {
  readonly session: RunSession;
  readonly gauges: Gauges;
  readonly events: EventBook;
  readonly reasons: readonly ExitReason[];
  readonly runId: string;
  readonly profile: Profile;
  readonly flags: RunFlags;
  readonly choices: RunChoices;
}

function warningsFor(
  session: RunSession,
  { named, workers }: RunChoices,
  profile: Profile,
  { tlsInsecure }: RunFlags,
): RunFacts['warnings'] {
  return warningsOf({
    profile,
    plan: session.plan,
    tlsInsecure,
    embedded: named === undefined,
    inbound: named?.inbound !== undefined,
    sharedCopies:
      named?.list === undefined &&
      named?.mailApi?.list.owner !== undefined &&
      profile.limits.recipientsPerEnvelope !== 1,
    tlsVerified: session.target?.tlsVerified ?? null,
    health: session.conducted?.health.worst(),
    threads: { workers, cores: availableParallelism() },
  });
}

/** The embedded target counts copies, an operator's queue holds messages. */
function owedUnitOf({ named }: RunChoices): RunFacts['owedUnit'] {
  if (named === undefined) return 'copies';
  return named.probe === undefined ? undefined : 'messages';
}

/** After the second Ctrl-C what was learned until then is written, whatever still hangs. */
async function unlessLeft(
  { leave }: Interrupts,
  go: () => Promise<readonly ExitReason[]>,
): Promise<readonly ExitReason[]> {
  let timer: NodeJS.Timeout | undefined;
  const left = new Promise<readonly ExitReason[]>((resolve) => {
    const onLeave = (): void => {
      timer = setTimeout(
        () => resolve([{ name: 'operator', because: 'the operator left before the run could end' }]),
        LEAVE_MS,
      );
    };
    leave.addEventListener('abort', onLeave, { once: true });
  });
  const reasons = await Promise.race([go(), left]);
  clearTimeout(timer);
  return reasons;
}

/** A throw is a bug of ours; what was learned until then is still written. */
async function withoutThrowing(go: () => Promise<readonly ExitReason[]>): Promise<readonly ExitReason[]> {
  try {
    return await go();
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [{ name: 'bug', because: `a bug of ours: ${words}` }];
  }
}

/** Writes everything, then says how it ended. The last line always is the verdict. */
async function finish(
  flags: RunFlags,
  directory: RunDirectory | undefined,
  reasons: ExitReason[],
  facts: () => RunFacts,
  watchers: RunWatchers,
): Promise<number> {
  let record = buildRecord(facts());
  if (directory !== undefined) {
    writeReports(directory, record, buildIntervalLog(facts()), facts().conducted?.tally.intervals());
    if (directory.failure !== undefined)
      reasons.push({
        name: 'unwritable',
        because: `run directory ${directory.path} could not be written: ${directory.failure}`,
      });
  }
  const unwritable = reasons.some((reason) => reason.name === 'unwritable');
  if (unwritable) record = buildRecord(facts());
  await watchers.tell(record, directory);
  appendStepSummary(record);
  if (flags.json || unwritable) process.stdout.write(`${JSON.stringify(record)}\n`);
  const lines = renderText(record).trimEnd().split('\n');
  const last = lines.pop() ?? '';
  if (!flags.quiet) process.stderr.write(`${lines.join('\n')}\n`);
  if (!flags.quiet && directory !== undefined && !unwritable)
    process.stderr.write(`report: ${directory.path}/report.html\n`);
  const colors = picocolors.createColors(hasColours(process.stderr));
  process.stderr.write(`${record.exit.code === 0 ? colors.green(last) : colors.red(last)}\n`);
  await watchers.linger();
  return record.exit.code;
}

/** Asks before a named target is hit, where there is a person to ask. `--yes` answers; the guard has decided already. */
async function confirm(question: string, yes: boolean, interrupts: Interrupts): Promise<boolean> {
  if (yes || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await dialogue.question(`${question} [y/N] `, { signal: interrupts.stop });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    dialogue.close();
  }
}
