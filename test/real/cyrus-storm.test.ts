/** A whole storm on Cyrus, with its duplicate suppression off and on: judged, accounted for, purged. */

import { createTransport } from 'nodemailer';
import { describe, expect, onTestFinished, test } from 'vitest';

import { emptyShare, enterListMessage } from '../../src/measure/ledger-share.ts';
import { closeLedger } from '../../src/measure/ledger.ts';
import { takeCensus } from '../../src/replay/census.ts';
import { messageId, RUN_HEADER } from '../../src/storm/numbering.ts';
import { contextOf } from '../replay/deletions.ts';
import { expectAccounted } from './accounted.ts';
import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';
import { replystorm, shortStorm } from './program.ts';

const MAILBOXES = 16;

async function cyrus(suppresses: boolean): Promise<CyrusLab> {
  const lab = await startCyrus({
    mailboxes: MAILBOXES,
    extra: [`duplicatesuppression: ${suppresses ? 'yes' : 'no'}`],
  });
  onTestFinished(() => lab.stop());
  return lab;
}

describeWith(missingForCyrus(), 'a storm on Cyrus', () => {
  test('as it comes, suppressing duplicates: every copy is accounted for, none lost, and purge leaves nothing', async () => {
    const lab = await cyrus(true);
    const mailbox = `imap://localhost:${lab.imapPort}?tls=required`;
    const access = ['--mailbox', mailbox, '--accounts', 'user{n}@lab.test', '--tls-ca', lab.ca];
    const size = ['--mailboxes', String(MAILBOXES)];
    const submit = ['--submit', `lmtp://localhost:${lab.lmtpPort}?tls=off`, '--queue-probe', 'echo 0'];
    const { code, record, stderr } = await shortStorm([...size, ...submit, ...access], lab.password);
    // Figures of time are for a machine that is not shared; the ledger is not.
    expect([0, 99, 111], `${code}: ${stderr}`).toContain(code);
    const ledger = expectAccounted(record);
    expect(ledger.takenByStrategy).toBeGreaterThan(0);
    const purge = ['purge', '--run', record.runId, ...size, ...access];
    const first = await replystorm(purge, lab.password);
    expect(first.stdout).toContain(`removed ${ledger.copiesRemaining.toLocaleString('en')} messages`);
    expect((await replystorm(purge, lab.password)).stdout).toContain('removed 0 messages');
  });

  describe.each([
    ['off', false],
    ['on, as Cyrus comes', true],
  ])('duplicate suppression %s', (_title, suppresses) => {
    test('one message delivered twice to one mailbox is one copy: never lost, a duplicate only where it is kept twice', async () => {
      const lab = await cyrus(suppresses);
      const place = { imapPort: lab.imapPort, address: lab.accounts[0] ?? '', password: lab.password };
      const { access, clock, plan } = contextOf(place, 'twice');
      const transport = createTransport({
        host: '127.0.0.1',
        port: lab.lmtpPort,
        lmtp: true,
        ignoreTLS: true,
      });
      for (let time = 0; time < 2; time += 1) {
        const sent = await transport.sendMail({
          from: 'somebody@lab.test',
          to: place.address,
          subject: 'test',
          // Cyrus tells duplicates by Message-ID and Date.
          date: new Date('2016-11-14T08:29:00Z'),
          messageId: messageId('twice', plan.seed, 0),
          headers: { [RUN_HEADER]: 'twice' },
          text: 'please ignore',
        });
        expect(sent.accepted).toEqual([place.address]);
      }
      transport.close();
      const share = emptyShare({ mailboxes: 1, listMessages: 1, fanOut: 'list' });
      enterListMessage(share, 0, 'accepted');
      const settings = { access, clock, atOnce: 1, runId: 'twice', provisioned: undefined, share };
      const { census } = await takeCensus(settings);
      const { present, lost, duplicated } = closeLedger(share, census, true);
      expect({ present, lost, duplicated }).toEqual({ present: 1, lost: 0, duplicated: suppresses ? 0 : 1 });
    });
  });
});
