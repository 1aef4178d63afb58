/** What servers refused, as bars by code, a limiter's answers apart from the rest. It explains no code; the table beside it does. */

import type { RecordedRefusal } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { shortened, unnamed } from '../clean.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { protocolOf, refusalCode } from '../refusals.ts';
import { scrolling } from './table.ts';

/** Bars that a picture has room for. */
const BARS = 14;
const WIDTH = 760;
const ROW = 24;
const LEFT = 250;
const RIGHT = 150;
/** Letters of a label that fit beside its bar. */
const LABEL_LENGTH = 36;

/** The picture; nothing where nothing was refused. */
export function codesFigure(refusals: readonly RecordedRefusal[]): Markup {
  const bars = summed(refusals).slice(0, BARS);
  if (bars.length === 0) return NOTHING;
  const most = Math.max(...bars.map(({ count }) => count));
  const rows = bars.map((bar, index) => drawn(bar, index * ROW + 4, most));
  const told = bars.map(
    ({ name, count, limited }) => `${name} ${formatCount(count)}, ${formatCount(limited)} of it by a limiter`,
  );
  return markup`<figure><figcaption>By protocol and code <span>(hatched: answers of a limiter, which say how fast one may ask and nothing of how the mail system fared)</span></figcaption>
${scrolling(
  'Picture of the refusals',
  markup`<svg role="img" aria-labelledby="codes-title codes-desc" viewBox="0 0 ${WIDTH} ${bars.length * ROW + 8}"><title id="codes-title">Refusals by protocol and code</title><desc id="codes-desc">${told.join('; ')}</desc>
<defs><pattern id="limiter" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>
${rows}</svg>`,
)}</figure>`;
}

interface Bar {
  readonly name: string;
  readonly count: number;
  readonly limited: number;
}

/** One bar a protocol and code, whatever the operation; most frequent first. */
function summed(refusals: readonly RecordedRefusal[]): readonly Bar[] {
  const bars = new Map<string, Bar>();
  for (const refusal of refusals) {
    const name = unnamed(`${protocolOf(refusal)} ${refusalCode(refusal)}`);
    const before = bars.get(name);
    bars.set(name, {
      name,
      count: refusal.count + (before?.count ?? 0),
      limited: refusal.limited + (before?.limited ?? 0),
    });
  }
  return [...bars.values()].toSorted((a, b) => b.count - a.count);
}

function drawn({ name, count, limited }: Bar, y: number, most: number): Markup {
  const wide = (part: number): number =>
    part === 0 ? 0 : Math.max(2, (part / most) * (WIDTH - LEFT - RIGHT));
  const others = wide(count - limited);
  const box = (x: number, width: number, look: Markup): Markup =>
    width === 0
      ? NOTHING
      : markup`<rect x="${x}" y="${y + 3}" width="${width}" height="${ROW - 8}" ${look}/>`;
  const by = limited === 0 ? '' : ` (${formatCount(limited)} by a limiter)`;
  return markup`<text x="${LEFT - 8}" y="${y + 16}" text-anchor="end">${shortened(name, LABEL_LENGTH)}</text>${box(LEFT, others, markup`class="bar"`)}${box(LEFT + others, wide(limited), markup`class="harmbar" fill="url(#limiter)"`)}<text class="strong" x="${LEFT + others + wide(limited) + 7}" y="${y + 16}">${formatCount(count)}${by}</text>\n`;
}
