/** Sends so many messages with one sender and says what each cost: replystorm, smtp-source, nodemailer. Benchmarks only. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { CLIENT_CORE } from './sink.mjs';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const POOL = fileURLToPath(new URL('./nodemailer.mjs', import.meta.url));

/** smtp-source and nodemailer count the body alone; ours counts the whole message. */
const HEADER_BYTES = 160;

/** `replystorm calibrate smtp`: CPU of all its threads from the load's zero to the last answer, recording on. */
export async function ours(sink, load) {
  const { messages, bytes, recipients, connections, flags = [] } = load;
  const args = [PROGRAM, 'calibrate', 'smtp', '--submit', sink.submit, '--json', ...flags];
  args.push('--messages', `${messages}`, '--size', `${bytes + HEADER_BYTES}B`);
  args.push('--recipients', `${recipients}`, '--connections', `${connections}`);
  const { stdout } = await run('taskset', ['-c', CLIENT_CORE, process.execPath, ...args]);
  const said = JSON.parse(stdout);
  if (said.ok !== messages) throw new Error(`ours: ${said.ok} of ${messages} were accepted`);
  return cost(messages, said.cpuSeconds, said.wallSeconds);
}

/** Postfix's smtp-source: CPU of the whole process, of which starting is a millisecond. */
export async function smtpSource(sink, load) {
  const { sourceMessages: messages, bytes, recipients, connections, keeps = true } = load;
  const flags = ['-s', connections, '-m', messages, '-l', bytes, '-r', recipients];
  const command = [
    '/usr/sbin/smtp-source',
    ...(keeps ? ['-d'] : []),
    ...flags,
    '-f user0@lab.test -t user0@lab.test',
    `127.0.0.1:${sink.port}`,
  ].join(' ');
  const { stderr } = await run('bash', [
    '-c',
    `TIMEFORMAT='%3U %3S %3R'; time taskset -c ${CLIENT_CORE} ${command}`,
  ]);
  const [user, system, wall] = stderr.trim().split(' ').map(Number);
  return cost(messages, user + system, wall);
}

/** nodemailer's pool of ten connections, warm: CPU of the load alone. */
export async function nodemailerPool(sink, { peerMessages: messages, bytes }) {
  const { stdout } = await run('taskset', [
    '-c',
    CLIENT_CORE,
    process.execPath,
    POOL,
    `${sink.port}`,
    `${messages}`,
    `${bytes}`,
  ]);
  const { cpuSeconds, wallSeconds } = JSON.parse(stdout);
  return cost(messages, cpuSeconds, wallSeconds);
}

function cost(messages, cpuSeconds, wallSeconds) {
  return { cpuUs: (cpuSeconds / messages) * 1e6, perSecond: messages / wallSeconds };
}
