/** What a storm's messages came to, in plain words for the terminal and the page. It decides nothing. */

import type { RecordedAmplification, RunRecord } from '../record/record.ts';
import { formatCount } from '../units.ts';
import { counted, countInWords, isKnown, ratioOrDash } from './figures.ts';

/** One figure with its meaning. */
export interface AmplificationLine {
  readonly name: string;
  readonly meaning: string;
  readonly figure: string;
}

/** Every figure, for a table; none where it was not counted. */
export function amplificationTable({ amplification }: RunRecord): readonly AmplificationLine[] {
  if (amplification === undefined || amplification === null) return [];
  const { intendedRecipients, messages, copies, secondCopies, recalls, deliveredPerMessage } = amplification;
  const line = (name: string, figure: number | null, meaning: string): AmplificationLine => ({
    name,
    meaning,
    figure: countInWords(figure),
  });
  return [
    line(
      'intended recipients',
      intendedRecipients,
      'Whom one message to everybody is for, members whose mailbox is gone included.',
    ),
    line('messages', messages, 'Written by people and taken by the mail system.'),
    line('copies', copies, 'Made of them, each once.'),
    line('second copies', secondCopies, 'Found where a reply goes to the list and to whom it answers.'),
    line('recalls', recalls, 'Messages to everybody that take one back; among the messages.'),
    line('auto-replies', amplification.autoReplies, 'From people who are away, each to each sender once.'),
    line(
      'bounces',
      amplification.bounces,
      'From members of the list whose mailbox is gone, to the author of each message.',
    ),
    line(
      'receipts',
      amplification.receipts,
      'From mail clients, to authors who asked to be told when they are read.',
    ),
    {
      name: 'hottest mailbox',
      meaning: 'What nobody wrote and came to one mailbox, beside its copies: the most that any got.',
      figure: hottestWords(amplification),
    },
    {
      name: 'delivered per message',
      meaning: 'Copies, and what nobody wrote, for each message.',
      figure: isKnown(deliveredPerMessage) ? ratioOrDash(deliveredPerMessage) : 'not known',
    },
  ];
}

/** Two lines for a terminal; none where it was not counted. */
export function amplificationLines({ amplification }: RunRecord): readonly string[] {
  if (amplification === undefined || amplification === null) return [];
  const { autoReplies, bounces, receipts, recalls, messages, deliveredPerMessage } = amplification;
  const each = isKnown(deliveredPerMessage) ? ratioOrDash(deliveredPerMessage) : 'not known how many were';
  return [
    `amplification ${counted(messages, 'message', 'messages')} taken, ${each} delivered for each; auto-replies ${countInWords(autoReplies)}, bounces ${countInWords(bounces)}, receipts ${formatCount(receipts)}, recalls ${formatCount(recalls)}`,
    ...(amplification.hottest === null ? [] : [`  hottest     ${hottestWords(amplification)}`]),
  ];
}

/** A sentence for the story; none where nobody's mail was met. */
export function amplificationSentence({ amplification, simulated }: RunRecord): readonly string[] {
  if (amplification === undefined || amplification === null || amplification.hottest === null) return [];
  const { autoReplies, bounces, receipts } = amplification;
  const all = (autoReplies ?? 0) + (bounces ?? 0) + receipts;
  return [
    `Beside the copies ${simulated ? 'the model brought forth' : 'there came'} ${counted(all, 'message', 'messages')} that nobody wrote (auto-replies, bounces, receipts); one mailbox alone got ${hottestWords(amplification)}.`,
  ];
}

function hottestWords({ hottest, autoReplies }: RecordedAmplification): string {
  if (hottest === null) return autoReplies === null ? 'not known' : '0';
  const parts = [
    hottest.autoReplies > 0 ? counted(hottest.autoReplies, 'auto-reply', 'auto-replies') : '',
    hottest.bounces > 0 ? counted(hottest.bounces, 'bounce', 'bounces') : '',
    hottest.receipts > 0 ? counted(hottest.receipts, 'receipt', 'receipts') : '',
  ].filter((part) => part !== '');
  return parts.join(', ');
}
