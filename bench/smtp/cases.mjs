/** What is compared with whom, and what is asked of it. Data only. */

import { nodemailerPool, smtpSource } from './peers.mjs';

const KEPT = { bytes: 1_000, recipients: 1, connections: 10, messages: 400_000, sourceMessages: 50_000 };

/**
 * Times as many messages for a second of the client's CPU as the peer. Warm: as many messages as make what the first
 * of them cost (connecting, compiling) a small part.
 */
export const CASES = [
  { name: '1 KB, 1 recipient', peer: smtpSource, load: KEPT, least: 2.3, goal: 2.8 },
  {
    name: '10 KB, 1 recipient',
    peer: smtpSource,
    load: { ...KEPT, bytes: 10_000, messages: 150_000 },
    least: 1.7,
  },
  {
    name: '1 KB, 100 recipients',
    peer: smtpSource,
    load: { ...KEPT, recipients: 100, messages: 120_000, sourceMessages: 5_000 },
    least: 30,
    goal: 45,
  },
  {
    name: '1 KB, without pipelining',
    peer: smtpSource,
    load: { ...KEPT, messages: 120_000, flags: ['--no-pipelining'] },
    least: 0.85,
  },
  {
    name: '1 KB, a connection a message',
    peer: smtpSource,
    load: { ...KEPT, messages: 15_000, sourceMessages: 15_000, keeps: false, flags: ['--reconnect'] },
    least: 0.75,
  },
  {
    name: "1 KB, against nodemailer's pool",
    peer: nodemailerPool,
    load: { ...KEPT, peerMessages: 5_000 },
    least: 30,
  },
];
