/** What people write in a storm, by what they are after, and what stands below it. Words only; nothing is drawn or counted here. */

import type { Role } from '../cascade.ts';

/** Stands in a saying for the subject of the storm. */
export const SUBJECT = '{subject}';

/** What each kind of reply says first. One line each; some need eight bits, some begin with a dot, as people's do. */
export const SAYINGS: Readonly<Record<Role, readonly string[]>> = {
  removeMe: [
    'Please remove me from this list.',
    'I do not think this was meant for me, please take me off.',
    'Unsubscribe.',
  ],
  stopReplying: ['PLEASE stop replying to all!', 'Can everybody stop pressing reply-all. It makes it worse.'],
  joke: ['Hello from the other end of the country :-)', 'Is this the queue for the tea trolley?'],
  helpful: [
    'To ignore this thread: right-click it and choose Ignore. Please do not reply to all.',
    'IT know about this. No need to answer.',
  ],
  recall: [`The sender would like to recall the message "${SUBJECT}".`],
};

/** What they go on about, where a profile says how many words they write. */
export const RAMBLINGS: Readonly<Record<Role, readonly string[]>> = {
  removeMe: [
    'I have never worked in that practice and I have never heard of this list.',
    'My phone has not stopped buzzing since half past eight – I’d be grateful if somebody could look into it.',
    'I do not know how I came to be on it, and I would like to know who else can see my address.',
    'Could whoever runs it please confirm by reply that it has been done.',
  ],
  stopReplying: [
    'Every one of these goes to everybody, including the one that asks for it to stop.',
    'Some of us are trying to work and cannot find the messages that we need.',
    'I have had more than a hundred of them since I sat down; it’s costing us £££ in time alone.',
    'Do not answer this message. Do not answer any of them. Just delete it.',
  ],
  joke: [
    '... and greetings to everybody I have not met yet – that is all of you!',
    'It is naïve to think that it will be over before the café closes.',
    '...is anybody still working today?',
    'Zoë from the third floor would like to sell a bicycle, hardly used, one careful owner.',
    'While we are all here: who has taken the good stapler?',
  ],
  helpful: [
    'Open the message, choose the three dots at the top, then Ignore; it will be gone from your inbox for good.',
    'You can also make a rule that moves everything with this subject to a folder of its own.',
    'The people who can switch the list off have been told and are on it.',
    'Please don’t ring the help desk: their lines are as full as your mailbox.',
  ],
  recall: [
    'The message was sent in error and its contents should be disregarded.',
    'A recall does not reach those who have read it already, and everybody is told of it all the same.',
  ],
};

/** Below every message of people who do not storm, and below replies whose profile knows no disclaimer. */
export const SIGNATURE = [
  '-- ',
  'This message may contain confidential information. If you are not the intended recipient',
  'please inform the sender and delete it.',
] as const;

/** A disclaimer of any length is made of these, over and over. */
export const DISCLAIMER = [
  'This message and any files sent with it are confidential and meant solely for whom they are addressed to.',
  'If you have received it in error, please tell the sender, delete it, and do not copy or disclose it.',
  'No employee is authorised to conclude a binding agreement by e-mail without confirmation in writing.',
  'Although this message has been checked for viruses, no liability is accepted for damage caused by it.',
  'Views expressed here are those of the author and not necessarily those of the organisation.',
  'Please consider the environment before you print this message.',
] as const;
