/** What happened when: the run's events and the storm's waves, numbered as the pictures mark them. It invents none. */

import type { RunRecord } from '../../record/record.ts';
import { formatCount, formatDuration } from '../../units.ts';
import { unnamed } from '../clean.ts';
import { counted } from '../figures.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { wavesOf } from '../waves.ts';
import type { Marker } from './chart.ts';
import { table } from './table.ts';

interface Happening {
  readonly atUs: number;
  readonly what: string;
  readonly detail: string;
}

/** Marks that a picture and its list have room for. */
const MARKED = 24;

/** In order of time. */
function happenings(record: RunRecord): readonly Happening[] {
  const events = (record.events ?? []).flatMap(({ atUs, event, detail = '' }): Happening[] => {
    if (event !== 'end') return [{ atUs, what: event, detail }];
    // The plain end of a run is where its picture ends.
    return detail === '' ? [] : [{ atUs, what: 'stopped', detail }];
  });
  const storm = record.phases.find(({ name }) => name === 'storm');
  const shape = record.stormShape;
  const waves =
    storm === undefined || shape === undefined
      ? []
      : wavesOf(shape).map(({ atUs, replies, withinUs }, index): Happening => {
          const mailboxes = record.plan?.mailboxes ?? 0;
          return {
            atUs: storm.startUs + atUs,
            what: `wave ${index + 1} of replies`,
            detail: `as planned, ${counted(replies, 'reply', 'replies')} to all within ${formatDuration(withinUs)}: ${formatCount(replies * mailboxes)} copies`,
          };
        });
  return [...events, ...waves].toSorted((a, b) => a.atUs - b.atUs);
}

/** The marks of the pictures over time. */
export function markersOf(record: RunRecord): readonly Marker[] {
  return happenings(record)
    .slice(0, MARKED)
    .map(({ atUs }, index) => ({ atUs, number: index + 1 }));
}

/** The list that the numbers stand in. */
export function happenedTable(record: RunRecord): Markup {
  const all = happenings(record);
  if (all.length === 0)
    return markup`<p class="note">When what happened is not known: the record keeps no events.</p>`;
  const rows = all
    .slice(0, MARKED)
    .map(({ atUs, what, detail }, index) => [
      String(index + 1),
      formatDuration(Math.max(0, atUs)),
      unnamed(what),
      unnamed(detail),
    ]);
  const more = all.length - rows.length;
  return markup`${table(
    'What happened when, by the numbers in the pictures',
    [{ head: 'No.' }, { head: 'at', figure: true }, { head: 'What' }, { head: 'Beside it' }],
    [{ rows }],
  )}${more > 0 ? markup`<p class="note">${formatCount(more)} more in the record.</p>` : NOTHING}`;
}
