/** A record as one page that needs no network, no script and no second file. It arranges; the sections write. */

import type { RunRecord } from '../record/record.ts';
import { amplificationSection } from './html/amplification.ts';
import { canarySection } from './html/canaries.ts';
import { cohortSection } from './html/cohorts.ts';
import { cascadeSection } from './html/cascade.ts';
import { feltSection } from './html/felt.ts';
import { generatorSection } from './html/generator.ts';
import { ledgerSection } from './html/ledger.ts';
import { noticesSections } from './html/notices.ts';
import { operationsSection } from './html/operations.ts';
import { questionsSection } from './html/questions.ts';
import { refusalsSection } from './html/refusals.ts';
import { scaleSection } from './html/scale.ts';
import { simulationMark, simulationSection } from './html/simulation.ts';
import { STYLE } from './html/style.ts';
import { timelineSection } from './html/timeline.ts';
import { findingsSection, verdictHeader } from './html/verdict.ts';
import { Markup, markup } from './markup.ts';

/** Even if something foreign got through the escaping, the page may load nothing and run nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The whole page. */
export function renderHtml(record: RunRecord): string {
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
${simulationMark(record)}${verdictHeader(record)}
<main>
${[
  simulationSection(record),
  findingsSection(record),
  feltSection(record),
  timelineSection(record),
  cascadeSection(record),
  ledgerSection(record),
  amplificationSection(record),
  canarySection(record),
  cohortSection(record),
  questionsSection(record),
  operationsSection(record),
  generatorSection(record),
  refusalsSection(record),
  scaleSection(record),
  ...noticesSections(record),
]}
</main>
<footer><p>Written by ${record.tool.name} ${record.tool.version} from record.json alone. This page names no person and blames none: a mistake that everybody can make must not be able to do this.</p></footer>
</body>
</html>
`;
  return page.text;
}
