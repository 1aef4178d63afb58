/** The page: well formed, complete, harmless whatever the record says, and silent about what is not known. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { DISPOSITIONS } from '../../src/measure/dispositions.ts';
import type { LoggedInterval } from '../../src/measure/hlog-read.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { renderHtml } from '../../src/report/html.ts';
import { elements, readDocument, textOf } from './document.ts';
import { BY_HTTP, BY_JMAP } from './door-fixtures.ts';
import { FAILING, hostile, PASSING, REFUSED, SPARSE } from './fixtures.ts';
import { drowned } from './log.ts';
import { refusal } from './parts.ts';

interface Page {
  readonly record: RunRecord;
  readonly log?: readonly LoggedInterval[];
}

/** Each with what was logged, where there is a log. */
const PAGES: Readonly<Record<string, Page>> = {
  PASSING: { record: PASSING },
  FAILING: { record: FAILING },
  BY_JMAP: { record: BY_JMAP },
  BY_HTTP: { record: BY_HTTP },
  REFUSED: { record: REFUSED },
  SPARSE: { record: SPARSE },
  'FAILING with its log': { record: FAILING, log: drowned().intervals() },
  'PASSING with an empty log': { record: PASSING, log: [] },
};

const SCRIPT = `<script>alert(1)</script>"'&<img src=x onerror=alert(1)>]]>`;

function words(record: RunRecord): string {
  const body = elements(readDocument(renderHtml(record)), 'body')[0];
  return body === undefined ? '' : textOf(body).replace(/\s+/g, ' ');
}

describe.each(Object.entries(PAGES))('%s', (_, { record, log }) => {
  const page = renderHtml(record, log);
  const document = readDocument(page);

  test('is one document with the sections in their order', () => {
    expect(page.startsWith('<!DOCTYPE html>\n<html lang="en">')).toBe(true);
    const sections = elements(document, 'section').map((section) => section.attributes['aria-labelledby']);
    expect(sections).toEqual([
      'story',
      'timeline',
      'heat',
      'spectrum',
      'load',
      'refusals',
      'errors',
      'ledger',
      'findings',
      'felt',
      'canaries',
      ...(record.cohorts === null ? [] : ['cohorts']),
      'conversation',
      'questions',
      'operations',
      'generator',
      'warnings',
      'scale',
    ]);
    expect(elements(document, 'h1')).toHaveLength(1);
  });

  test('loads and runs nothing', () => {
    const metas = elements(document, 'meta').map(({ attributes }) => attributes);
    const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(metas.find((meta) => meta['http-equiv'] === 'Content-Security-Policy')?.['content']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    // A style attribute would need 'unsafe-inline'.
    expect(page).not.toMatch(/\sstyle=/);
    for (const name of ['script', 'link', 'img', 'iframe', 'object', 'embed', 'a', 'form', 'base'])
      expect(elements(document, name), name).toEqual([]);
    expect(page).not.toMatch(/\s(src|href|action|on\w+)=/i);
    // The target's own address may be one of the web: it is told, not followed.
    const { submit = '', mailbox = '' } = record.target ?? {};
    expect(page.replaceAll(submit, '').replaceAll(mailbox, '')).not.toMatch(/@import|https?:/i);
    expect([...page.matchAll(/url\(/g)].length).toBe([...page.matchAll(/url\(#(harm|limiter)\)/g)].length);
  });

  test('ids are unique and every picture is told in words', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const picture of elements(document, 'svg')) {
      const told = (picture.attributes['aria-labelledby'] ?? '').split(' ');
      expect(told.every((id) => ids.includes(id))).toBe(true);
      expect(elements(picture, 'title').map(textOf).join('')).not.toBe('');
      expect(elements(picture, 'desc').map(textOf).join('')).not.toBe('');
    }
    for (const head of elements(document, 'th')) expect(head.attributes['scope']).toBeDefined();
    for (const one of elements(document, 'table')) expect(elements(one, 'caption')).toHaveLength(1);
  });

  test('rows are as long as their heads', () => {
    for (const one of elements(document, 'table')) {
      const heads = elements(elements(one, 'thead')[0] ?? one, 'th').length;
      for (const row of elements(one, 'tr')) {
        const group = row.children[0]?.attributes['colspan'];
        expect(group === undefined ? row.children.length : Number(group)).toBe(heads);
      }
    }
  });

  test('prints no figure that is none', () => {
    expect(page).not.toMatch(/\b(NaN|undefined|null|Infinity|\[object)\b/);
    expect(page).not.toMatch(/="–"/);
  });
});

describe('the verdict', () => {
  test.each([
    [PASSING, '✓ PASS', 'Exit 0: pass'],
    [FAILING, '✗ FAIL', 'Exit 99: ledger: lost: 7 copies'],
    [REFUSED, '? NO DATA', 'Exit 113: mail.example.com resolves to 192.0.2.7'],
    [
      { ...FAILING, verdict: { ...FAILING.verdict, status: 'invalid' as const } },
      '! INVALID',
      'not fit to testify',
    ],
  ])('is a word with its reason', (record, big, reason) => {
    expect(words(record)).toContain(big);
    expect(words(record)).toContain(reason);
  });

  test('does not promise a good end where the exit says otherwise', () => {
    const stopped = { ...PASSING, exit: { code: 105, reason: 'stopped by the operator' } };
    expect(words(stopped)).toContain('did not end well');
    expect(words(PASSING)).not.toContain('did not end well');
  });

  test('findings stand worst first', () => {
    const cells = elements(readDocument(renderHtml(FAILING)), 'span')
      .filter((span) => (span.attributes['class'] ?? '').startsWith('status '))
      .map((span) => span.text);
    expect(cells).toEqual([
      '✗ fail',
      '✗ fail',
      '! invalid',
      '? no data',
      '✓ pass',
      '✓ pass',
      '✓ pass',
      '✓ pass',
    ]);
  });
});

describe('the generator', () => {
  const section = (record: RunRecord, name = 'generator'): string => {
    const found = elements(readDocument(renderHtml(record)), 'section').find(
      ({ attributes }) => attributes['aria-labelledby'] === name,
    );
    return found === undefined ? '' : textOf(found).replace(/\s+/g, ' ');
  };

  test('says how it fared, with the units of each figure', () => {
    expect(section(PASSING)).toContain('event loop delay p99 1.79 ms, largest lag 1.90 ms');
    expect(section(PASSING)).toMatch(/Busiest load thread \(p90 of its seconds\) ?21 % ?24 %/);
    expect(section(PASSING, 'load')).toContain('Offered: at most 109 journeys per second, at 59.0 s');
  });

  test('has no figure for a thread that spins, and none at all where nobody told', () => {
    expect(section(FAILING)).toMatch(/Busiest load thread \(p90 of its seconds\) ?spinning ?–/);
    expect(section(FAILING)).toContain('largest lag 480 ms');
    expect(section(SPARSE)).toContain('Not known: no load was run');
  });
});

describe('the figures', () => {
  test('the sum of the dispositions is shown, and said to be broken where it is', () => {
    for (const name of DISPOSITIONS) expect(words(FAILING)).toContain(name);
    expect(words(FAILING)).toMatch(/sum 597,817 = the copies accepted/);
    const { ledger } = FAILING;
    if (ledger === null) throw new Error('the fixture has a ledger');
    const broken = { ...FAILING, ledger: { ...ledger, copiesAccepted: 597_818 } };
    expect(words(broken)).toMatch(/sum 597,817 = but 597,818 copies were accepted: the sum is broken/);
  });

  test('a missing percentile is a dash, a missing section says not known', () => {
    const felt = elements(readDocument(renderHtml(SPARSE)), 'section').find(
      (section) => section.attributes['aria-labelledby'] === 'felt',
    );
    const row = felt === undefined ? undefined : elements(felt, 'tr')[2];
    expect(row?.children.map((cell) => textOf(cell).trim())).toEqual([
      'baseline',
      '7',
      '0',
      '–',
      '–',
      '',
      '–',
      '74.2 ms',
      '–',
    ]);
    expect(words(REFUSED).match(/not known/gi)?.length).toBeGreaterThan(10);
    expect(elements(readDocument(renderHtml(REFUSED)), 'svg')).toEqual([]);
  });

  test('the backlog has a picture only where somebody read it', () => {
    const titles = (record: RunRecord): string[] =>
      elements(readDocument(renderHtml(record)), 'svg').map((svg) => svg.attributes['aria-labelledby'] ?? '');
    expect(titles(PASSING).some((id) => id.startsWith('owed-'))).toBe(true);
    const unread = PASSING.timeline.map((point) => ({ ...point, owed: null }));
    expect(titles({ ...PASSING, timeline: unread }).some((id) => id.startsWith('owed-'))).toBe(false);
  });

  test('every point of a picture is a number inside it', () => {
    let areas = 0;
    for (const record of [PASSING, FAILING, SPARSE]) {
      for (const svg of elements(readDocument(renderHtml(record)), 'svg')) {
        const [, , width = 0, height = 0] = (svg.attributes['viewBox'] ?? '').split(' ').map(Number);
        for (const line of [...elements(svg, 'polyline'), ...elements(svg, 'polygon')]) {
          for (const pair of (line.attributes['points'] ?? '').split(' ')) {
            const [x = Number.NaN, y = Number.NaN] = pair.split(',').map(Number);
            expect(x >= 0 && x <= width && y >= 0 && y <= height, pair).toBe(true);
          }
        }
        for (const path of elements(svg, 'path')) {
          const isArea = (path.attributes['class'] ?? '').endsWith('area');
          if (!isArea) continue;
          const d = path.attributes['d'] ?? '';
          expect(d).toMatch(/^M[\d.]+ [\d.]+([hv]-?[\d.]+)+$/);
          areas += 1;
          let [x = Number.NaN, y = Number.NaN] = (/^M([\d.]+ [\d.]+)/.exec(d)?.[1] ?? '')
            .split(' ')
            .map(Number);
          for (const [, letter, by] of d.matchAll(/([hv])(-?[\d.]+)/g)) {
            if (letter === 'h') x += Number(by);
            else y += Number(by);
            // Sums of tenths are not exact.
            expect(x >= 0 && x <= width + 1e-6 && y >= -1e-6 && y <= height, d).toBe(true);
          }
        }
      }
    }
    expect(areas).toBeGreaterThan(3);
  });

  test('a scaled-down storm is called a smaller one, a full one is not', () => {
    expect(words(PASSING)).toContain('passed a smaller storm');
    expect(words(PASSING)).toContain('Nothing in this report is extrapolated');
    expect(words(PASSING)).toMatch(/594 drawn; the profile chooses 594 from a range of 80 to 600/);
    const whole = { ...PASSING, profile: { ...PASSING.profile, populationMailboxes: 1_000 } };
    expect(words(whole)).not.toContain('smaller storm');
  });
});

describe('the doors of the run', () => {
  const felt = (record: RunRecord): readonly string[] => {
    const section = elements(readDocument(renderHtml(record)), 'section').find(
      ({ attributes }) => attributes['aria-labelledby'] === 'felt',
    );
    const heads = section === undefined ? [] : elements(section, 'th');
    return heads.filter(({ attributes }) => attributes['colspan'] !== undefined).map(textOf);
  };

  test('name what people felt', () => {
    const later = [
      'Reading, start to end (journey.read)',
      'A test result: sent until visible (canaries seen)',
      'A test result: sent until read (journey.canary)',
    ];
    expect(felt(PASSING)).toEqual(['Signing in (imap.signin)', 'Opening the mailbox (imap.open)', ...later]);
    expect(felt(BY_JMAP)).toEqual([
      'Signing in (jmap.session)',
      'Opening the mailbox (jmap.query)',
      ...later,
    ]);
    // Nobody signs in over HTTP: two rows of the same figures would look like two things.
    expect(felt(BY_HTTP)).toEqual(['Getting in and opening the mailbox (http.list)', ...later]);
  });

  test('are SMTP and IMAP in a record that does not say', () => {
    const said = { ...PASSING, doors: { submit: 'smtp', mailbox: 'imap' } } as const;
    expect(renderHtml(said)).toBe(renderHtml(PASSING));
  });

  test('name the picture of getting in', () => {
    expect(words(BY_JMAP)).toContain('Signing in each line upwards');
    expect(words(BY_HTTP)).toContain('Getting in each line upwards');
  });

  test('say on what a threshold was judged that names none of them', () => {
    expect(words(BY_JMAP)).toContain('the threshold is crossed (judged on jmap.session)');
  });
});

describe('words from elsewhere', () => {
  test('are escaped wherever they stand', () => {
    const page = renderHtml(hostile(SCRIPT));
    const document = readDocument(page);
    expect(elements(document, 'script')).toEqual([]);
    expect(elements(document, 'img')).toEqual([]);
    expect(page).not.toContain('<script');
    expect(textOf(document)).toContain(SCRIPT);
  });

  test('carry no control characters into the page', () => {
    const page = renderHtml(hostile('a\u0000b\u001b[31mc\u202ed\ud800e\uffff'));
    expect(page).toContain('a\uFFFDb\uFFFD[31mc\uFFFDd\uFFFDe\uFFFD');
    expect(page).not.toMatch(/\p{Surrogate}/u);
  });

  test('name nobody: local parts of addresses are left out', () => {
    const said = '550 <first.last+tag@mail.test> refused "odd one"@mail.test';
    const named = PASSING.target;
    if (named === null) throw new Error('the fixture has a target');
    const page = renderHtml({
      ...FAILING,
      target: { ...named, submit: 'smtp://first.last:secret@mail.test:25' },
      errors: [{ text: said, count: 1 }],
      refusals: [refusal('smtp.submit', '550', said, 1, said)],
      warnings: [{ seen: said, matters: said, attempt: said }],
      verdict: {
        status: 'fail',
        findings: [{ check: said, status: 'fail', observed: said, limit: '0', because: said }],
      },
      exit: { code: 99, reason: said },
    });
    expect(page).not.toMatch(/first\.last|secret|odd one/);
    expect(page).toContain('&lt;…@mail.test&gt; refused …@mail.test');
    expect(page).toContain('smtp://…@mail.test:25');
  });

  test('a profile name stays one word of the command', () => {
    const odd = { ...PASSING, profile: { ...PASSING.profile, name: "it's; rm -rf x" } };
    expect(words(odd)).toContain(
      `replystorm run 'it'\\''s; rm -rf x' --seed 42 --mailboxes 1000 --speed 60x --mode open`,
    );
  });
});
