/** What the generator's own health says of its fitness: event loop, CPU, garbage. A symptom voids only what it can have shifted. */

import type { HealthWorst } from '../measure/health.ts';
import { formatDuration } from '../units.ts';
import type { KindedFinding } from './finding.ts';
import { FITNESS_LIMITS } from './fitness-limits.ts';

const NOT_OBSERVED = 'no load thread told how it fared';

/** The findings on the generator's health, with the limit of its lag. */
export function checkHealth(health: HealthWorst, lagLimitUs: number): KindedFinding[] {
  return [checkLoop(health, lagLimitUs), checkCpu(health, lagLimitUs), checkGarbage(health, lagLimitUs)];
}

function checkLoop(
  { delayP99Us, delayMaxUs, utilisationP90, spinning }: HealthWorst,
  limitUs: number,
): KindedFinding {
  const { utilisation } = FITNESS_LIMITS;
  const base = {
    kind: 'fitness',
    check: 'generator: event loop',
    limit: `delay p99 <= ${formatDuration(limitUs)}, busiest thread p90 <= ${utilisation.value} %`,
  } as const;
  if (delayP99Us === null || (utilisationP90 === null && !spinning))
    return { ...base, status: 'no-data', observed: null, because: NOT_OBSERVED };
  const observed = `delay p99 ${formatDuration(delayP99Us)}, max ${formatDuration(delayMaxUs ?? 0)}; busiest thread ${utilisationP90 === null ? 'spinning' : `p90 ${percent(utilisationP90)}`}`;
  if (delayP99Us > limitUs)
    return {
      ...base,
      status: 'fail',
      observed,
      because: 'answers waited for the generator’s own event loop: part of every time is ours',
    };
  if (utilisationP90 !== null && utilisationP90 > utilisation.value / 100)
    return {
      ...base,
      status: 'fail',
      observed,
      because: 'a load thread had no time left: answers queued in the generator',
    };
  return { ...base, status: 'pass', observed, because: 'answers were read when they came' };
}

function checkCpu({ cpuP90, cpuMax, delayP99Us }: HealthWorst, limitUs: number): KindedFinding {
  const { cpu } = FITNESS_LIMITS;
  const base = {
    kind: 'fitness',
    check: 'generator: CPU',
    limit: `p90 < ${cpu.value} % of all cores, or event loop delay p99 <= ${formatDuration(limitUs)}`,
  } as const;
  if (cpuP90 === null || cpuMax === null || delayP99Us === null)
    return { ...base, status: 'no-data', observed: null, because: NOT_OBSERVED };
  const full = cpuP90 >= cpu.value / 100;
  const unfit = full && delayP99Us > limitUs;
  return {
    ...base,
    status: unfit ? 'fail' : 'pass',
    observed: `p90 ${percent(cpuP90)}, max ${percent(cpuMax)} of all cores`,
    because: unfit
      ? 'the generator used up its machine, and its event loop was late for it'
      : full
        ? 'the cores were full, but the event loop kept its time'
        : 'cores were left over',
  };
}

function checkGarbage({ gcShare, gcMaxUs, delayP99Us }: HealthWorst, limitUs: number): KindedFinding {
  const { garbage } = FITNESS_LIMITS;
  const base = {
    kind: 'fitness',
    check: 'generator: garbage',
    limit: `<= ${garbage.value} % of a thread's time, or event loop delay p99 <= ${formatDuration(limitUs)}`,
  } as const;
  if (gcShare === null || gcMaxUs === null)
    return { ...base, status: 'no-data', observed: null, because: NOT_OBSERVED };
  const fine = gcShare <= garbage.value / 100 || (delayP99Us ?? 0) <= limitUs;
  return {
    ...base,
    status: fine ? 'pass' : 'fail',
    observed: `${(gcShare * 100).toFixed(2)} %, longest pause ${formatDuration(gcMaxUs)}`,
    because: fine
      ? 'collecting garbage took no time that matters'
      : 'collecting garbage took time that answers had to wait for',
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
