/** The end of a run: the census, and what can be closed with it (ledger, manners, amplification). It judges nothing. */

import { copiesFollowed } from '../measure/ledger-share.ts';
import { closeLedger, type LedgerFigures } from '../measure/ledger.ts';
import type { MannerFigure } from '../measure/manners.ts';
import type { RecordedAmplification } from '../record/record.ts';
import { takeCensus, type CensusCost, type CensusSettings } from '../replay/census.ts';
import { Comparer } from '../replay/comparing.ts';
import type { Conducted } from '../replay/conduct.ts';
import { bounceReadOf } from '../replay/ledger-shape.ts';
import type { QueueReading } from '../replay/quiescence.ts';
import type { Composer } from '../storm/messages.ts';
import type { Plan } from '../storm/plan.ts';
import { amplificationOf, pathCopiesOf } from './amplification.ts';
import { concludeManners, inspectionOf } from './run-manners.ts';

export interface BooksSettings extends Omit<CensusSettings, 'share' | 'manners' | 'pathCopies'> {
  readonly plan: Plan;
  readonly conducted: Conducted;
  readonly composer: Composer;
  /** Copies that the plan makes in all mailboxes: the bodies to compare are drawn from those followed. */
  readonly copies: number;
  readonly readings: readonly QueueReading[];
  /** Sides whose connections were in the clear. */
  readonly plainSides: readonly string[];
  /** Foreign mail that lay there before the run. */
  readonly foreignBefore: number;
}

export interface Books {
  readonly cost: CensusCost;
  /** Undefined where not every mailbox could be read, as `manners` is. */
  readonly ledger: LedgerFigures | undefined;
  readonly manners: readonly MannerFigure[] | undefined;
  readonly amplification: RecordedAmplification;
  /** Why a mailbox could not be read. */
  readonly unread: string | undefined;
}

/** Reads all mailboxes and closes what can be closed. Needs what every shard told. */
export async function closeBooks(settings: BooksSettings): Promise<Books> {
  const { plan, access, conducted, readings, plainSides, foreignBefore } = settings;
  const { share, manners: notes } = conducted.report;
  const expanded = access.list !== undefined;
  const pathCopies = pathCopiesOf(plan, expanded);
  const inspection = inspectionOf(share, notes, pathCopies);
  const comparer = new Comparer(plan, settings.composer, copiesFollowed(share.shape, settings.copies));
  const manners = { inspection, notes, comparer };
  const { census, failures, cost } = await takeCensus({ ...settings, share, pathCopies, manners });
  const unread = failures[0]?.words;
  const concluded =
    unread === undefined
      ? concludeManners({
          inspection,
          census,
          ledger: closeLedger(share, census, conducted.quiescent, bounceReadOf(plan, share.shape)),
          doors: plan.doors,
          conducted,
          readings,
          plainSides,
          foreignBefore,
        })
      : undefined;
  const ledger = concluded?.ledger;
  const { tally } = conducted;
  const amplification = amplificationOf({ plan, tally, share, manners: notes, census, ledger, expanded });
  return { cost, ledger, manners: concluded?.manners, amplification, unread };
}
