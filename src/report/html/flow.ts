/** The ledger as a flow: planned, accepted, found, and where every copy ended; widths to scale, numbers beside. It counts nothing itself. */

import type { RecordedLedger } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { dispositionLines, type LedgerLine } from '../dispositions.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { scrolling } from './table.ts';

const WIDTH = 760;
const NODE = 10;
/** Left edges of the four columns of nodes. */
const COLUMNS = [4, 190, 376, 552] as const;
/** All planned copies are so high; the thinnest stream still shows. */
const FULL = 170;
const THINNEST = 1.5;
/** Two lines of words beside a node. */
const SPACE = 26;
const TOP = 6;

/** Came to nobody's mailbox, as far as anybody saw. */
const UNSEEN: ReadonlySet<string> = new Set(['bounced', 'overdue', 'lost']);

interface Node {
  readonly name: string;
  readonly copies: number;
  readonly harm: boolean;
  readonly column: number;
  readonly y: number;
  readonly height: number;
}

/** Where the copies went. */
export function flowFigure(ledger: RecordedLedger): Markup {
  const { nodes, links, bottom } = layout(ledger);
  const told = nodes.map(({ name, copies }) => `${name} ${formatCount(copies)}`).join(', ');
  return markup`<figure><figcaption>Where every copy went <span>(widths to scale, but the thinnest may be a single copy; hatched: harm to somebody's mail)</span></figcaption>
${scrolling(
  'Picture of where every copy went',
  markup`<svg role="img" aria-labelledby="flow-title flow-desc" viewBox="0 0 ${WIDTH} ${bottom}"><title id="flow-title">Where every copy went</title><desc id="flow-desc">${told}</desc>
<defs><pattern id="harm" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>
${links}${nodes.map(drawn)}</svg>`,
)}</figure>`;
}

interface Layout {
  readonly nodes: readonly Node[];
  readonly links: readonly Markup[];
  readonly bottom: number;
}

function layout(ledger: RecordedLedger): Layout {
  const lines = dispositionLines(ledger);
  const sum = (of: (line: LedgerLine) => boolean): number =>
    lines.filter(of).reduce((total, { copies }) => total + copies, 0);
  const { copiesAccepted: accepted, unknown } = ledger;
  // Planned copies are of all mailboxes, everything else of the sample: side by side they would lie.
  const planned =
    ledger.sample === null ? Math.max(ledger.copiesPlanned, accepted + unknown) : accepted + unknown;
  const scale = FULL / Math.max(1, planned);
  const column = (index: number, entries: readonly Entry[]): readonly Node[] =>
    stacked(index, entries, scale);
  const first = column(0, [{ name: ledger.sample === null ? 'planned' : 'of the sample', copies: planned }]);
  const second = column(1, [
    { name: 'accepted', copies: accepted },
    { name: 'unknown', copies: unknown },
    { name: 'not accepted', copies: planned - accepted - unknown },
  ]);
  const found = sum(({ name }) => !UNSEEN.has(name));
  const third = column(2, [
    { name: 'found in a mailbox', copies: found },
    ...(accepted > found ? [{ name: 'found nowhere', copies: accepted - found }] : []),
  ]);
  const seen = lines.filter(({ name }) => !UNSEEN.has(name));
  // Harm at the lower edge, where no other stream crosses it.
  const inOrder = [...seen.filter(({ harm }) => !harm), ...seen.filter(({ harm }) => harm)];
  const fourth = column(3, [...inOrder, ...lines.filter(({ name }) => UNSEEN.has(name))]);
  const links = [
    ...streams(first[0], second),
    ...streams(second[0], third),
    ...streams(
      third[0],
      fourth.filter(({ name }) => !UNSEEN.has(name)),
    ),
    ...streams(
      third[1],
      fourth.filter(({ name }) => UNSEEN.has(name)),
    ),
  ];
  const nodes = [...first, ...second, ...third, ...fourth];
  const bottom = Math.max(...nodes.map(({ y, height }) => y + Math.max(height, SPACE))) + 8;
  return { nodes, links, bottom };
}

interface Entry {
  readonly name: string;
  readonly copies: number;
  readonly harm?: boolean;
}

function stacked(column: number, entries: readonly Entry[], scale: number): readonly Node[] {
  let y = TOP;
  return entries.map(({ name, copies, harm = false }) => {
    const height = copies <= 0 ? 0 : Math.max(THINNEST, copies * scale);
    const node = { name, copies: Math.max(0, copies), harm: harm && copies > 0, column, y, height };
    y += Math.max(SPACE, height + 8);
    return node;
  });
}

/** Streams from one node to its parts, in their order. */
function streams(from: Node | undefined, parts: readonly Node[]): readonly Markup[] {
  if (from === undefined) return [];
  let y = from.y;
  return parts.flatMap((to) => {
    if (to.height === 0) return [];
    // Streams held up to be seen must not run out of the node that they leave.
    const top = Math.min(y, from.y + from.height - Math.min(to.height, from.height));
    y += to.height;
    const [x0, x1] = [(COLUMNS[from.column] ?? 0) + NODE, COLUMNS[to.column] ?? 0];
    const middle = (x0 + x1) / 2;
    const place = (x: number, at: number): string => `${x} ${+at.toFixed(1)}`;
    const upper = `M${place(x0, top)}C${place(middle, top)} ${place(middle, to.y)} ${place(x1, to.y)}`;
    const lower = `V${+(to.y + to.height).toFixed(1)}C${place(middle, to.y + to.height)} ${place(middle, top + to.height)} ${place(x0, top + to.height)}Z`;
    return [markup`<path class="${to.harm ? 'stream harmed' : 'stream'}" d="${upper}${lower}"/>\n`];
  });
}

function drawn({ name, copies, harm, column, y, height }: Node): Markup {
  const x = COLUMNS[column] ?? 0;
  const look = harm ? markup`class="harmbar" fill="url(#harm)"` : markup`class="bar"`;
  const box =
    height === 0 ? NOTHING : markup`<rect x="${x}" y="${y}" width="${NODE}" height="${height}" ${look}/>`;
  const words = copies === 0 ? markup` class="over"` : markup` class="strong over"`;
  return markup`${box}<text${words} x="${x + NODE + 6}" y="${y + 11}">${name} ${formatCount(copies)}</text>\n`;
}
