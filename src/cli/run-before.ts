/** What must be known before a storm may begin: can everybody sign in, whose mail is there, did the pilot arrive. It sends nothing. */

import { preflight, type PreflightReport, type PreflightSettings } from '../replay/preflight.ts';
import type { PilotReport } from '../replay/pilot.ts';
import { formatCount } from '../units.ts';
import type { ExitReason } from '../verdict/exit.ts';

export interface BeforeSettings {
  readonly sweep: PreflightSettings;
  readonly allowForeign: boolean;
  readonly say: (line: string) => void;
}

export interface Checked {
  /** Why the run may not begin. */
  readonly barred: ExitReason | undefined;
  /** Every connection to the mailboxes was under TLS; undefined where not all could be made. */
  readonly tls: boolean | undefined;
  /** Messages that are nobody's of this run. */
  readonly foreign: number;
}

const STOPPED: ExitReason = { name: 'operator', because: 'stopped by the operator before the storm' };

/** Signs in to every mailbox, and counts mail that is not ours. */
export async function checkMailboxes(settings: BeforeSettings): Promise<Checked> {
  const report = await preflight(settings.sweep);
  const failure = report.failures[0];
  if (failure?.kind === 'stopped') return { barred: STOPPED, tls: undefined, foreign: 0 };
  if (failure !== undefined) {
    const others = report.failures.length - 1;
    const because = `${failure.words}${others > 0 ? ` (and ${others} more mailboxes)` : ''}`;
    return { barred: { name: 'preflight', because }, tls: undefined, foreign: 0 };
  }
  const because = objection(settings, report);
  const barred: ExitReason | undefined = because === undefined ? undefined : { name: 'preflight', because };
  return { barred, tls: report.tls, foreign: report.foreign };
}

/** What speaks against a storm among the mail that lies there. */
function objection(
  { sweep, allowForeign, say }: BeforeSettings,
  report: PreflightReport,
): string | undefined {
  if (sweep.provisioned !== undefined && !report.exactExpunge)
    return '--provisioned: the server offers no UIDPLUS, so the pilot and the deletes could not spare that mail';
  if (report.foreign === 0) return undefined;
  const left = [...report.leftovers].map(
    ([runId, count]) => `${formatCount(count)} left by run ${runId} (remove them with: purge --run ${runId})`,
  );
  const words = `${formatCount(report.foreign)} messages that are not ours in ${report.mailboxesWithForeign} mailboxes${left.length > 0 ? `; of these ${left.join(', ')}` : ''}`;
  if (!allowForeign)
    return `foreign mail: ${words}; use empty mailboxes, or --allow-foreign to carve it out of every delete`;
  if (!report.exactExpunge)
    return `foreign mail: ${words}; the server offers no UIDPLUS, so a delete could not spare it`;
  say(`foreign mail: ${words}; it is left alone`);
  return undefined;
}

/** Why a pilot that failed ends the run. */
export function pilotFailure({ kind, words }: Extract<PilotReport, { readonly ok: false }>): ExitReason {
  if (kind === 'stopped') return STOPPED;
  return { name: kind === 'refused' ? 'guard' : 'preflight', because: words };
}
