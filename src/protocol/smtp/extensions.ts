/** What an EHLO answer offers (RFC 5321 §4.1.1.1), read once a connection. It must not trust a number it cannot use. */

export interface Extensions {
  readonly pipelining: boolean;
  readonly startTls: boolean;
  readonly eightBitMime: boolean;
  readonly smtpUtf8: boolean;
  readonly size: boolean;
  /** RFC 1870 §4; absent where the server names no limit. */
  readonly sizeLimitBytes?: number;
  /** LIMITS RCPTMAX (RFC 9422 §4). */
  readonly recipientLimit?: number;
  /** Upper case. */
  readonly authMechanisms: ReadonlySet<string>;
}

export const NO_EXTENSIONS: Extensions = {
  pipelining: false,
  startTls: false,
  eightBitMime: false,
  smtpUtf8: false,
  size: false,
  authMechanisms: new Set(),
};

/** Reads the lines after the first, which is the server's name. */
export function readExtensions(lines: readonly string[]): Extensions {
  const offered = new Map<string, readonly string[]>();
  for (const line of lines.slice(1)) {
    // "AUTH=PLAIN" is what servers said before RFC 2554 was read closely; some still say both.
    const [keyword = '', ...words] = line
      .trim()
      .toUpperCase()
      .replace(/^AUTH=/, 'AUTH ')
      .split(/\s+/);
    offered.set(keyword, [...(offered.get(keyword) ?? []), ...words]);
  }
  const sizeLimitBytes = positive(offered.get('SIZE')?.[0]);
  const limit = offered.get('LIMITS')?.find((word) => word.startsWith('RCPTMAX='));
  const recipientLimit = positive(limit?.slice('RCPTMAX='.length));
  return {
    pipelining: offered.has('PIPELINING'),
    startTls: offered.has('STARTTLS'),
    eightBitMime: offered.has('8BITMIME'),
    smtpUtf8: offered.has('SMTPUTF8'),
    size: offered.has('SIZE'),
    ...(sizeLimitBytes === undefined ? {} : { sizeLimitBytes }),
    ...(recipientLimit === undefined ? {} : { recipientLimit }),
    authMechanisms: new Set(offered.get('AUTH')),
  };
}

/** A positive integer, or undefined: 0 means "no limit" for SIZE and nonsense for RCPTMAX. */
function positive(text: string | undefined): number | undefined {
  const value = /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
  return value > 0 ? value : undefined;
}
