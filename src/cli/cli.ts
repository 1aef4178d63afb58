/** The commands and their flags, one yargs table; every command returns its exit code. Does no work of its own. */

import yargs, { type Argv } from 'yargs';
import { withAccessFlags } from './access-flags.ts';
import { calibrateCommand } from './calibrate.ts';
import { withCalibrateFlags } from './calibrate-flags.ts';
import { calibrateHttpCommand } from './calibrate-http.ts';
import { withCalibrateHttpFlags } from './calibrate-http-flags.ts';
import { calibrateImapCommand } from './calibrate-imap.ts';
import { withCalibrateImapFlags } from './calibrate-imap-flags.ts';
import { calibrateJmapCommand } from './calibrate-jmap.ts';
import { withCalibrateJmapFlags } from './calibrate-jmap-flags.ts';
import { provisionCommand, purgeCommand } from './care.ts';
import { shippedProfiles, toolIdentity } from './files.ts';
import { MISBEHAVE_FLAG } from './misbehave-flag.ts';
import { planCommand, withPlanCommandFlags } from './plan.ts';
import { reportCommand, withReportFlags } from './report.ts';
import { runCommand } from './run.ts';
import { withPlanFlags, withRunFlags } from './run-flags.ts';
import { simulateCommand, withSimulateFlags } from './simulate.ts';
import { targetCommand } from './target.ts';
import { usageError } from './usage.ts';
import { schemaCommand, validateCommand } from './validate.ts';

/** Runs one command line; resolves with the process's exit code. Throws only on a bug of ours. */
export async function main(argv: readonly string[]): Promise<number> {
  const end = { code: 0 };
  const say = (code: number): void => {
    end.code = code;
  };
  const parser = calibration(commands(yargs([...argv]), say), argv, say);
  try {
    await parser.parseAsync();
  } catch (error) {
    if (error instanceof Error && error.name === 'YError') return usageError([error.message]);
    if (error instanceof UsageFailure) return usageError([error.message]);
    throw error;
  }
  return end.code;
}

/** What yargs found wrong with a command line: expected, and no bug. */
class UsageFailure extends Error {}

const PROFILE = {
  type: 'string',
  demandOption: true,
  describe: `A profile's name (${shippedProfiles().join(', ')}) or file`,
} as const;

function commands(parser: Argv, end: (code: number) => void): Argv {
  return careCommands(stormCommands(parser, end), end)
    .scriptName('replystorm')
    .usage(
      'Replays a reply-all mail storm against a mail system you own, and says what it did to the people on it.',
    )
    .demandCommand(
      1,
      'found no command, expected one of: run, plan, simulate, calibrate, target, validate, schema, report, purge, provision',
    )
    .strict()
    .check((flags) => onlyOnce(flags), true)
    .version(toolIdentity().version)
    .help()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageFailure(message);
    });
}

/** What takes a list. */
const LISTS: ReadonlySet<string> = new Set(['profiles', 'probe']);

/** yargs makes a list of a flag that is given twice; hardly a flag of ours takes one, and which of the two was meant we cannot know. */
function onlyOnce(flags: Readonly<Record<string, unknown>>): true {
  const twice = Object.keys(flags).filter(
    (name) => /^[a-z][a-z-]*$/.test(name) && !LISTS.has(name) && Array.isArray(flags[name]),
  );
  if (twice.length === 0) return true;
  throw new UsageFailure(twice.map((name) => `--${name}: found it twice, expected it once`).join('\n'));
}

/** One command for several engines, each with flags of its own: which is meant must be known before the flags are read. */
function calibration(parser: Argv, argv: readonly string[], end: (code: number) => void): Argv {
  const about = 'What this machine can honestly offer to a target';
  const command = 'calibrate <protocol>';
  const meant = argv[0] === 'calibrate' ? argv.find((word) => word in ENGINES) : undefined;
  if (meant === undefined)
    return parser.command(command, about, withCalibrateFlags, async (flags) =>
      end(await calibrateCommand(flags)),
    );
  return ENGINES[meant as keyof typeof ENGINES](parser, command, about, end);
}

type Engine = (parser: Argv, command: string, about: string, end: (code: number) => void) => Argv;

const ENGINES = {
  imap: (parser, command, about, end) =>
    parser.command(command, about, withCalibrateImapFlags, async (flags) =>
      end(await calibrateImapCommand(flags)),
    ),
  http: (parser, command, about, end) =>
    parser.command(command, about, withCalibrateHttpFlags, async (flags) =>
      end(await calibrateHttpCommand(flags)),
    ),
  jmap: (parser, command, about, end) =>
    parser.command(command, about, withCalibrateJmapFlags, async (flags) =>
      end(await calibrateJmapCommand(flags)),
    ),
} as const satisfies Readonly<Record<string, Engine>>;

/** The storm: planned, replayed, pretended to, described. */
function stormCommands(parser: Argv, end: (code: number) => void): Argv {
  return parser
    .command(
      'run <profile>',
      'Replay a storm and judge it',
      (y) => withRunFlags(y.positional('profile', PROFILE)),
      async (flags) => end(await runCommand(flags)),
    )
    .command(
      'plan <profile>',
      'What would be sent; no traffic',
      (y) => withPlanCommandFlags(y.positional('profile', PROFILE)),
      async (flags) => end(await planCommand(flags)),
    )
    .command(
      'simulate <profile>',
      'What it would have done to a mail system with given limits; no traffic',
      (y) => withSimulateFlags(y.positional('profile', PROFILE)),
      (flags) => end(simulateCommand(flags)),
    )
    .command('target [profile]', 'Serve the embedded mail system alone', targetFlags, async (flags) =>
      end(await targetCommand(flags)),
    )
    .command(
      'validate <profiles..>',
      'Check profiles; every problem with file, line and column',
      (y) => y.positional('profiles', { ...PROFILE, array: true }),
      (flags) => end(validateCommand(flags.profiles)),
    )
    .command(
      'report <run>',
      "A run's reports again, from its directory",
      (y) => withReportFlags(y),
      (flags) => end(reportCommand(flags)),
    )
    .command('schema', 'JSON Schema of a profile', {}, () => end(schemaCommand()));
}

/** What comes before a storm and after it. */
function careCommands(parser: Argv, end: (code: number) => void): Argv {
  return parser
    .command('purge', 'Remove what a run left, and nothing else', purgeFlags, async (flags) =>
      end(await purgeCommand(flags)),
    )
    .command(
      'provision <profile>',
      'Fill mailboxes with a past, marked so that purge finds it',
      provisionFlags,
      async (flags) => end(await provisionCommand(flags)),
    );
}

function purgeFlags(y: Argv) {
  return withAccessFlags(y)
    .option('run', {
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: "The run's id, or a provision's",
    })
    .option('mailboxes', {
      type: 'number',
      demandOption: true,
      requiresArg: true,
      describe: 'How many mailboxes to go through',
    })
    .option('profile', {
      type: 'string',
      requiresArg: true,
      describe: 'Profile whose blastRadius covers the target',
    });
}

function provisionFlags(y: Argv) {
  return withAccessFlags(y.positional('profile', PROFILE))
    .option('mailboxes', {
      type: 'number',
      requiresArg: true,
      describe: "How many; the profile's population.scaledTo by default",
    })
    .option('messages', { type: 'number', default: 20, requiresArg: true, describe: 'Messages a mailbox' })
    .option('seed', { type: 'number', requiresArg: true, describe: 'Seed of sizes and subjects' })
    .option('lmtp', {
      type: 'string',
      requiresArg: true,
      describe: 'Deliver by LMTP to lmtp://host:port instead of APPEND',
    })
    .option('id', {
      type: 'string',
      requiresArg: true,
      describe: 'Complete this earlier provision: add what is missing of it',
    });
}

function targetFlags(y: Argv) {
  return withPlanFlags(
    y.positional('profile', {
      type: 'string',
      default: 'nhs-2016',
      describe: 'Profile whose embeddedTarget and size to use',
    }),
  )
    .option('password-env', {
      type: 'string',
      default: 'REPLYSTORM_PASSWORD',
      requiresArg: true,
      describe: "Environment variable with the accounts' one password",
    })
    .option('misbehave', MISBEHAVE_FLAG)
    .option('tls', { type: 'boolean', default: false, describe: 'Offer STARTTLS with a generated authority' })
    .option('smtp-port', { type: 'number', default: 0, requiresArg: true, describe: '0 takes any free port' })
    .option('imap-port', { type: 'number', default: 0, requiresArg: true, describe: '0 takes any free port' })
    .option('jmap-port', { type: 'number', default: 0, requiresArg: true, describe: '0 takes any free port' })
    .option('probe-port', {
      type: 'number',
      default: 0,
      requiresArg: true,
      describe: '0 takes any free port',
    });
}
