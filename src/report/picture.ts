/** A planned storm as a picture: rows of blocks for a terminal, a chart as a file. It knows no plan and draws nothing that it was not given. */

import { formatCount, formatDuration } from '../units.ts';
import { evenAxis, timeAxis } from './html/axis.ts';
import { chartFile, type Point } from './html/chart.ts';
import { LIGHT, PICTURE_STYLE } from './html/style.ts';

/** A rate over time; every stretch of the same length, in order, from 0. */
export interface Curve {
  readonly title: string;
  readonly note: string;
  readonly points: readonly { readonly fromUs: number; readonly toUs: number; readonly perSecond: number }[];
}

const ROWS = 6;

/** From nothing to full, in eighths. */
const BLOCKS = ' ▁▂▃▄▅▆▇█';

/** The curve as lines of text: a column a stretch, the highest as tall as the picture. */
export function curveText({ title, points }: Curve): readonly string[] {
  const most = Math.max(0, ...points.map(({ perSecond }) => perSecond));
  const label = formatCount(most);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const cells = points.map(({ perSecond }) => {
      const eighths = most === 0 ? 0 : Math.ceil((perSecond / most) * ROWS * 8);
      return BLOCKS[Math.min(8, Math.max(0, eighths - (ROWS - 1 - row) * 8))] ?? ' ';
    });
    return `${(row === 0 ? label : '').padStart(label.length)} │${cells.join('').trimEnd()}`;
  });
  const end = formatDuration(points.at(-1)?.toUs ?? 0);
  return [
    title,
    ...rows,
    `${'0'.padStart(label.length)} └${'─'.repeat(points.length)}`,
    `${' '.repeat(label.length + 2)}0${end.padStart(Math.max(0, points.length - 1))}`,
  ];
}

/** The curve as one SVG file: no script, no font, no second file. */
export function curveSvg({ title, note, points }: Curve): string {
  const most = Math.max(0, ...points.map(({ perSecond }) => perSecond));
  const drawn = points.map(({ fromUs, toUs, perSecond }): Point => ({ fromUs, toUs, value: perSecond }));
  const chart = {
    id: 'storm',
    title,
    note,
    told: `${note}; at most ${formatCount(most)} per second.`,
    time: timeAxis(0, points.at(-1)?.toUs ?? 0),
    height: evenAxis(most),
    bands: [],
    series: [{ name: note, look: 'first', points: drawn, filled: true }],
  } as const;
  return chartFile(chart, `svg { ${LIGHT} background: var(--paper); } ${PICTURE_STYLE}`).text;
}
