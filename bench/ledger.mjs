/** What the whole storm of 2016 costs the ledger: every copy accepted, seen and deleted, a census, the sums. Needs `npm run build`. */

import { DISPOSITIONS } from '../dist/measure/dispositions.js';
import { emptyCensus, findDirectCopy, findListCopy } from '../dist/measure/ledger-census.js';
import {
  emptyMatrices,
  emptyNotes,
  enterDirect,
  enterListCopy,
  enterListMessage,
  mergeNotes,
  noteCopy,
} from '../dist/measure/ledger-share.js';
import { closeLedger } from '../dist/measure/ledger.js';
import { shardOfMailbox } from '../dist/storm/audience.js';

const MAILBOXES = 840_000;
const MESSAGES = 594;
/** As many as the profile nhs-2016 plans at this size. */
const DIRECT = 465_000;
const DIRECT_FROM = 2 ** 40;
const SHARDS = 4;

/** What the ledger of the whole storm may take, above the process before it. */
const LIMIT_MB = 400;

const fanOut = process.argv.includes('--generator') ? 'generator' : 'list';
const shape = { mailboxes: MAILBOXES, listMessages: MESSAGES, fanOut };

const say = (words) => process.stdout.write(`${words}\n`);
const residentMb = () => process.memoryUsage.rss() / 1e6;
function timed(what, work) {
  const from = process.hrtime.bigint();
  const result = work();
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  say(`${what.padEnd(58)} ${seconds.toFixed(2).padStart(7)} s`);
  return result;
}

globalThis.gc?.();
const beforeMb = residentMb();

// As in a run: matrices that all shards write, notes that each keeps for itself.
const matrices = emptyMatrices(shape);
const shards = Array.from({ length: SHARDS }, () => ({ ...matrices, ...emptyNotes() }));

timed('accept every message', () => {
  for (let number = 0; number < MESSAGES; number += 1) {
    const share = shards[number % SHARDS];
    if (fanOut === 'list') enterListMessage(share, number, 'accepted');
    else
      for (let mailbox = 0; mailbox < MAILBOXES; mailbox += 1)
        enterListCopy(share, number, mailbox, 'accepted');
  }
  for (let i = 0; i < DIRECT; i += 1)
    enterDirect(shards[i % SHARDS], {
      number: DIRECT_FROM + i,
      recipient: i % MAILBOXES,
      clinical: i % 100 === 0,
      acceptance: 'accepted',
    });
});

// Of every 1,000 mailboxes one lost all it was sent, one had all of it taken behind its back; the rest deletes in turn.
const kindOf = (mailbox) => (mailbox % 1_000 === 0 ? 'lost' : mailbox % 1_000 === 1 ? 'gone' : mailbox % 3);

timed('see and delete every copy', () => {
  for (let mailbox = 0; mailbox < MAILBOXES; mailbox += 1) {
    const share = shards[shardOfMailbox(mailbox, SHARDS)];
    const kind = kindOf(mailbox);
    if (kind === 'lost') continue;
    for (let number = 0; number < MESSAGES; number += 1) {
      noteCopy(share, 'seen', true, number, mailbox);
      if (kind === 1 || kind === 2) noteCopy(share, 'asked', true, number, mailbox);
    }
  }
  for (let i = 0; i < DIRECT; i += 1)
    noteCopy(shards[shardOfMailbox(i % MAILBOXES, SHARDS)], 'seen', false, DIRECT_FROM + i, i % MAILBOXES);
});

const whole = { ...matrices, ...emptyNotes() };
timed(`merge ${SHARDS} shards (shared matrices, ${DIRECT} direct)`, () => {
  for (const share of shards) mergeNotes(whole, share);
});
shards.length = 0;

const census = emptyCensus(shape);
timed('enter the census', () => {
  for (let mailbox = 0; mailbox < MAILBOXES; mailbox += 1) {
    const kind = kindOf(mailbox);
    if (kind === 'lost' || kind === 'gone' || kind === 2) continue;
    for (let number = 0; number < MESSAGES; number += 1)
      findListCopy(census, mailbox, number, kind === 0 ? 'present' : 'trashed');
  }
  for (let i = 0; i < DIRECT; i += 1) findDirectCopy(census, i % MAILBOXES, DIRECT_FROM + i, 'present');
});

const ledger = timed('close the ledger, 32 copies at a time', () => closeLedger(whole, census, true));
const tookMb = residentMb() - beforeMb;

const count = (wanted) => {
  let mailboxes = 0;
  for (let mailbox = 0; mailbox < MAILBOXES; mailbox += 1) if (kindOf(mailbox) === wanted) mailboxes += 1;
  return mailboxes * MESSAGES;
};
const expected = {
  present: count(0) + DIRECT,
  trashed: count(1),
  expungedAsAsked: count(2),
  lost: count('lost'),
  goneUnasked: count('gone'),
  copiesAccepted: MAILBOXES * MESSAGES + DIRECT,
  copiesTold: MAILBOXES * MESSAGES + DIRECT,
};
let right = true;
for (const [name, copies] of Object.entries(expected)) {
  right &&= ledger[name] === copies;
  say(
    `${name.padEnd(58)} ${String(ledger[name]).padStart(11)} ${ledger[name] === copies ? '' : `WRONG, expected ${copies}`}`,
  );
}
const sum = DISPOSITIONS.reduce((total, name) => total + ledger[name], 0);
right &&= sum === ledger.copiesAccepted;
say(`${'sum of the dispositions'.padEnd(58)} ${String(sum).padStart(11)}`);
say(`${`memory, ${fanOut} fan-out (limit ${LIMIT_MB} MB)`.padEnd(58)} ${tookMb.toFixed(0).padStart(8)} MB`);
process.exitCode = right && tookMb <= LIMIT_MB ? 0 : 1;
