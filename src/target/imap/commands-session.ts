/** Commands that need no mailbox: greeting, capability, sign-in, IDLE, leaving (RFC 3501 §6.1-6.2, RFC 2177). */

import { type Answer, ASKED, type Handler, type Seat, work } from './command.ts';
import type { Scanner } from './scanner.ts';

const capability: Handler = (seat, scanner) => {
  if (!scanner.atEnd()) return undefined;
  seat.write(`* CAPABILITY ${seat.capabilities()}\r\n`);
  return 'OK CAPABILITY completed';
};

const noop: Handler = (_seat, scanner) =>
  scanner.atEnd() ? work('poll', 0, () => 'OK NOOP completed') : undefined;

const logout: Handler = (seat) => {
  seat.write('* BYE see you\r\n');
  seat.afterwards('close');
  return 'OK LOGOUT completed';
};

const startTls: Handler = (seat, scanner) => {
  if (!scanner.atEnd()) return undefined;
  if (!seat.capabilities().includes('STARTTLS')) return 'BAD STARTTLS not available';
  seat.afterwards('tls');
  return 'OK begin TLS negotiation now';
};

const id: Handler = (seat) => {
  seat.write('* ID ("name" "replystorm target")\r\n');
  return 'OK ID completed';
};

const enable: Handler = (seat) => {
  seat.write('* ENABLED\r\n');
  return 'OK ENABLE completed';
};

const login: Handler = (seat, scanner) => {
  if (!scanner.take(' ')) return undefined;
  const name = scanner.astring();
  if (name === undefined || !scanner.take(' ')) return undefined;
  const password = scanner.astring();
  if (password === undefined || !scanner.atEnd()) return undefined;
  return signIn(seat, name, password, 'LOGIN');
};

const authenticate: Handler = (seat, scanner) => {
  if (!scanner.take(' ')) return undefined;
  const mechanism = scanner.atom()?.toUpperCase();
  if (mechanism !== 'PLAIN' && mechanism !== 'LOGIN') return 'NO unsupported authentication mechanism';
  const initial = scanner.take(' ') ? scanner.rest() : undefined;
  const first = (response: string): void => {
    if (response === '*') seat.resume('BAD AUTHENTICATE cancelled');
    else if (mechanism === 'PLAIN') seat.resume(plain(seat, decode(response)));
    else askPassword(seat, decode(response));
  };
  if (initial !== undefined) {
    if (mechanism === 'PLAIN') return plain(seat, decode(initial === '=' ? '' : initial));
    askPassword(seat, decode(initial));
    return ASKED;
  }
  seat.ask(mechanism === 'PLAIN' ? '' : encode('Username:'), first);
  return ASKED;
};

/** IDLE lasts until DONE; what changes meanwhile the session tells by itself. */
const idle: Handler = (seat, scanner) => {
  if (!scanner.atEnd()) return undefined;
  return work('poll', 0, () => {
    seat.ask('idling', (line) =>
      seat.resume(line.toUpperCase() === 'DONE' ? 'OK IDLE terminated' : 'BAD expected DONE'),
    );
    return ASKED;
  });
};

export const ANY_STATE: Readonly<Record<string, Handler>> = {
  CAPABILITY: capability,
  NOOP: noop,
  LOGOUT: logout,
  ID: id,
};

export const BEFORE_SIGN_IN: Readonly<Record<string, Handler>> = {
  STARTTLS: startTls,
  LOGIN: login,
  AUTHENTICATE: authenticate,
};

export const AFTER_SIGN_IN: Readonly<Record<string, Handler>> = { IDLE: idle, ENABLE: enable };

function askPassword(seat: Seat, name: string): void {
  seat.ask(encode('Password:'), (line) => {
    seat.resume(
      line === '*' ? 'BAD AUTHENTICATE cancelled' : signIn(seat, name, decode(line), 'AUTHENTICATE'),
    );
  });
}

/** `authzid NUL authcid NUL password` (RFC 4616 §2); acting for somebody else is not offered. */
function plain(seat: Seat, text: string): Answer {
  const [authzid = '', name = '', password = '', ...more] = text.split('\0');
  if (more.length > 0 || (authzid !== '' && authzid !== name))
    return 'NO [AUTHENTICATIONFAILED] authentication failed';
  return signIn(seat, name, password, 'AUTHENTICATE');
}

function signIn(seat: Seat, name: string, password: string, command: string): Answer {
  return work('signin', 0, () => {
    const account = seat.signIn(name, password);
    if (account === undefined) return 'NO [AUTHENTICATIONFAILED] authentication failed';
    seat.account = account;
    return `OK [CAPABILITY ${seat.capabilities()}] ${command} completed`;
  });
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** The characters of a tag (RFC 3501 §9, tag); undefined when the line begins with none. */
export function readTag(scanner: Scanner): string | undefined {
  const tag = scanner.atom();
  return tag !== undefined && tag.length <= 64 && !tag.includes('+') ? tag : undefined;
}
