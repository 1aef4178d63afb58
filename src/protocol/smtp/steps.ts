/** The steps an SMTP conversation is timed by. Names only. */

/**
 * `connect` TCP up, and TLS where it comes first; `greeting` to the answer to EHLO; `tls` STARTTLS, handshake, EHLO;
 * `auth` sign-in; `mail` to the answer to MAIL; `recipients` to the last answer to RCPT; `data` to 354; `message` from
 * the message's write to its verdict. Each begins where the one before ended; pipelined answers that came in one
 * piece took no time after the first.
 */
export const SMTP_STEPS = [
  'connect',
  'greeting',
  'tls',
  'auth',
  'mail',
  'recipients',
  'data',
  'message',
] as const;

export type SmtpStep = (typeof SMTP_STEPS)[number];

/** Told of each step that was answered, whatever the answer, with the time it took in microseconds. */
export type OnStep = (step: SmtpStep, tookUs: number) => void;
