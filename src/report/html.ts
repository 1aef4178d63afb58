/** A record as one page that needs no network, no script and no second file. It arranges; the sections write. */

import { createHash } from 'node:crypto';
import type { LoggedInterval } from '../measure/hlog-read.ts';
import type { RunRecord } from '../record/record.ts';
import { amplificationSection } from './html/amplification.ts';
import { canarySection } from './html/canaries.ts';
import { cohortSection } from './html/cohorts.ts';
import { cascadeSection } from './html/cascade.ts';
import { feltSection } from './html/felt.ts';
import { generatorSection, loadSection } from './html/generator.ts';
import { heatSection } from './html/heat.ts';
import { ledgerSection } from './html/ledger.ts';
import { errorsSection, warningsSection } from './html/notices.ts';
import { operationsSection } from './html/operations.ts';
import { questionsSection } from './html/questions.ts';
import { refusalsSection } from './html/refusals.ts';
import { scaleSection } from './html/scale.ts';
import { simulationSection } from './html/simulation.ts';
import { spectrumSection } from './html/spectrum.ts';
import { STYLE } from './html/style.ts';
import { timelineSection } from './html/timeline.ts';
import { findingsSection, storySection, verdictHeader } from './html/verdict.ts';
import { Log } from './log-figures.ts';
import { Markup, markup } from './markup.ts';

/**
 * Even if something foreign got through the escaping, the page may load nothing and run nothing: there is no script on it,
 * and the one style sheet is allowed by its hash, so that no other can be slipped in.
 */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** The whole page. Without a log, or with an empty one, the pictures that need it say so. */
export function renderHtml(record: RunRecord, intervals?: readonly LoggedInterval[]): string {
  const log = intervals === undefined ? undefined : new Log(intervals);
  const page = markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="referrer" content="no-referrer"/>
<title>${record.simulated ? 'SIMULATED, ' : ''}${record.verdict.status}: ${record.profile.title} (run ${record.runId})</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${verdictHeader(record)}
<main>
${sections(record, log)}
</main>
<footer><p>Written by ${record.tool.name} ${record.tool.version} from record.json and intervals.hlog alone. This page names no person and blames none: a mistake that everybody can make must not be able to do this.</p></footer>
</body>
</html>
`;
  return page.text;
}

/** From what is asked first to what is looked up. */
function sections(record: RunRecord, log: Log | undefined): readonly Markup[] {
  return [
    storySection(record),
    timelineSection(record),
    heatSection(record, log),
    spectrumSection(record, log),
    loadSection(record),
    refusalsSection(record),
    errorsSection(record),
    ledgerSection(record),
    amplificationSection(record),
    findingsSection(record),
    feltSection(record),
    canarySection(record),
    cohortSection(record),
    cascadeSection(record),
    questionsSection(record),
    operationsSection(record),
    generatorSection(record),
    simulationSection(record),
    warningsSection(record),
    scaleSection(record),
  ];
}
