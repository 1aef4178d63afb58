/** What became of every copy: the flow, the dispositions with their sum, and the figures beside it. */

import type { RecordedLedger, RunRecord } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { besideLines, dispositionLines, dispositionSum, type LedgerLine } from '../dispositions.ts';
import { mannerLines, placesOf } from '../manners.ts';
import { markup, NOTHING, type Content, type Markup } from '../markup.ts';
import { flowFigure } from './flow.ts';
import { table } from './table.ts';

const COLUMNS = [{ head: 'Disposition' }, { head: 'Copies', figure: true }, { head: 'Meaning' }] as const;

/** The section. */
export function ledgerSection(record: RunRecord): Markup {
  const { ledger } = record;
  const body =
    ledger === null
      ? markup`<p>Not known: there is no reading of the mailboxes at the end, so nobody can say what became of the copies.</p>`
      : markup`${figures(ledger)}${manners(record)}`;
  return markup`<section aria-labelledby="ledger"><h2 id="ledger">What became of every copy</h2>
${body}</section>
`;
}

function figures(ledger: RecordedLedger): Markup {
  const sum = dispositionSum(ledger);
  const holds = sum === ledger.copiesAccepted;
  const addsUp = holds
    ? `the copies accepted, each in exactly one line`
    : `but ${formatCount(ledger.copiesAccepted)} copies were accepted: the sum is broken`;
  return markup`${sampled(ledger)}<p>${formatCount(ledger.messages)} messages were planned, ${formatCount(ledger.listMessages)} of them to the list, to make ${formatCount(ledger.copiesPlanned)} copies. The mail system accepted ${formatCount(ledger.copiesAccepted)}; ${formatCount(ledger.copiesSeen)} were seen in a mailbox.</p>
${flowFigure(ledger)}
${table(
  'Dispositions of the accepted copies',
  COLUMNS,
  [{ rows: dispositionLines(ledger).map(row) }],
  ['sum', formatCount(sum), `= ${addsUp}`],
)}
${taken(ledger)}${table('Beside the sum', [{ head: 'Figure' }, ...COLUMNS.slice(1)], [{ rows: besideLines(ledger).map(row) }])}
${notices(ledger)}${kept(ledger)}${named(ledger)}`;
}

function row(line: LedgerLine): readonly Content[] {
  const harmed = line.harm && line.copies > 0;
  const copies = formatCount(line.copies);
  return [
    harmed ? markup`<span class="harm">${line.name} (harm)</span>` : line.name,
    harmed ? markup`<span class="harm">${copies}</span>` : copies,
    line.meaning,
  ];
}

function taken(ledger: RecordedLedger): Markup {
  if (ledger.takenByStrategy === 0) return NOTHING;
  return markup`<p>Of the ${formatCount(ledger.takenByStrategy)} taken along by deletes, ${formatCount(ledger.takenTrashed)} lie in Trash and can be had back; ${formatCount(ledger.takenExpunged)} were expunged.</p>
`;
}

/** How the mail system behaved beyond the dispositions. */
function manners(record: RunRecord): Markup {
  const lines = mannerLines(record);
  if (lines.length === 0) return NOTHING;
  const rows = lines.map(({ name, count, meaning, harm }): readonly Content[] => [
    harm ? markup`<span class="harm">${name} (harm)</span>` : name,
    harm ? markup`<span class="harm">${count}</span>` : count,
    meaning,
  ]);
  // What is overdue is named with the dispositions.
  const places = (record.manners ?? []).filter(
    ({ manner, named: some }) => some.length > 0 && manner !== 'overdue',
  );
  const items = places.map(
    (figure) => markup`<dt>${figure.manner}</dt><dd>${placesOf(figure).join(', ')}</dd>\n`,
  );
  const where = places.length === 0 ? NOTHING : markup`<dl>${items}</dl>\n`;
  return markup`<h3>How the mail system behaved</h3>
${table('Beyond the dispositions', [{ head: 'Figure' }, { head: 'Count', figure: true }, { head: 'Meaning' }], [{ rows }])}
${where}`;
}

/** Said before any figure: what follows is not of all mailboxes. */
function sampled({ sample }: RecordedLedger): Markup {
  if (sample === null) return NOTHING;
  return markup`<p><strong>In a sample of ${formatCount(sample.mailboxes)} of ${formatCount(sample.of)} mailboxes.</strong> The storm has more copies than the ledger has room for: every figure of this section but the planned ones is of these mailboxes alone, and nothing is extrapolated from it.</p>
`;
}

const NOTICE_WORDS = {
  bounce: 'not delivered',
  delay: 'delayed',
  autoReply: 'automatic reply',
  receipt: 'receipt',
} as const;

/** Notices that came back, by cause. */
function notices({ notices: causes, untraced }: RecordedLedger): Markup {
  const unread =
    untraced === 0
      ? NOTHING
      : markup`<p>${formatCount(untraced)} more messages may have been such notices and were not read: as many copies may have come back that count as lost.</p>
`;
  if (causes.length === 0) return unread;
  const rows = causes.map(({ kind, status, about, count }) => [
    NOTICE_WORDS[kind],
    status ?? 'none given',
    about,
    formatCount(count),
  ]);
  const columns = [
    { head: 'Notice' },
    { head: 'Status (RFC 3463)' },
    { head: 'About' },
    { head: 'Recipients', figure: true },
  ];
  return markup`${table('Bounces, delays and automatic replies that came back', columns, [{ rows }])}
${unread}`;
}

/** The headline of full mailboxes. */
function kept({ overQuota }: RecordedLedger): Markup {
  const { refused, notified, clinical, named: some } = overQuota;
  if (refused + notified === 0) return NOTHING;
  const which = some
    .slice(0, SHOWN)
    .map(
      ({ number, mailbox, junk }) =>
        `message ${number} to mailbox ${mailbox}, where ${junk} junk copies had come`,
    );
  const harm =
    clinical === 0
      ? markup`No clinical message was among them.`
      : markup`<strong class="harm">${formatCount(clinical)} of them clinical messages, kept out by mailboxes that junk had filled:</strong> ${which.join('; ')}${clinical > which.length ? ' and more in record.json' : ''}.`;
  return markup`<h3>Full mailboxes</h3>
<p>Mailboxes that were full kept out ${formatCount(refused)} copies at submission and ${formatCount(notified)} afterwards, by notices. ${harm}</p>
`;
}

/** Copies of each kind shown here; the record names more. */
const SHOWN = 20;

/** Mailboxes as numbers: enough to look into the matter, and no name. */
function named(ledger: RecordedLedger): Markup {
  const kinds = Object.entries(ledger.named).filter(([, places]) => places.length > 0);
  if (kinds.length === 0) return NOTHING;
  const items = kinds.map(([kind, places]) => {
    const words = places
      .slice(0, SHOWN)
      .map(({ number, mailbox }) => `message ${number} in mailbox ${mailbox}`);
    const more = places.length > SHOWN ? ' and more in record.json' : '';
    return markup`<dt>${kind}</dt><dd>${words.join(', ')}${more}</dd>\n`;
  });
  return markup`<h3>Where to look first</h3>
<p class="note">The first few of each kind, by the number in their Message-ID and the number of the mailbox.</p>
<dl>${items}</dl>
`;
}
