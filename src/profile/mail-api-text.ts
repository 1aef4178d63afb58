/** Texts with holes, for the requests of a mail API: which hole may stand where, and a text taken apart. It must not fill any. */

/** What a hole is filled with. */
export const PLACEHOLDERS = {
  address: 'the mailbox’s address',
  login: 'what its owner signs in as',
  secret: 'the password or token',
  offset: 'rows to leave out',
  limit: 'rows to show at most',
  id: 'a message’s id',
  ids: 'the ids of all messages of the request',
  from: 'the sender',
  to: 'the recipients',
  subject: 'the subject, in plain text',
  messageId: 'the Message-ID, angle brackets included',
  mark: 'the run’s mark',
  body: 'what comes after the message’s header, as it stands',
  raw: 'the whole message (RFC 5322)',
  rawBase64: 'the same in base64',
} as const;

export type Placeholder = keyof typeof PLACEHOLDERS;

/** A text with holes, in pieces. */
export type Filling = readonly (string | { readonly put: Placeholder })[];

/** Holes that stand for several values at once. */
export const SEVERAL: ReadonlySet<Placeholder> = new Set<Placeholder>(['to', 'ids']);

type Places = Readonly<Record<'path' | 'headers' | 'body', readonly Placeholder[]>>;

/** No secret in a path, which every log keeps; no message in a path or a header. */
function placesOf(short: readonly Placeholder[], long: readonly Placeholder[] = []): Places {
  const path: readonly Placeholder[] = ['address', 'login', ...short];
  return { path, headers: [...path, 'secret'], body: [...path, 'secret', ...long] };
}

/** Which holes a request of each kind may have, by where they stand. */
export const PLACES: Readonly<Record<'submit' | 'list' | 'fetch' | 'delete', Places>> = {
  submit: placesOf(['from', 'to', 'subject', 'messageId', 'mark'], ['body', 'raw', 'rawBase64']),
  list: placesOf(['offset', 'limit']),
  fetch: placesOf(['id']),
  delete: placesOf(['id', 'ids']),
};

/** A text that is no hole may hold braces: only a name in braces is one. */
const HOLE = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** Longest text of a template: requests are short, and a whole message has a hole of its own. */
const LONGEST = 20_000;

/** The text in pieces, or what was expected. */
export function filled(text: string, allowed: readonly Placeholder[]): Filling | string {
  if (text.length > LONGEST) return `at most ${LONGEST} characters`;
  const pieces: (string | { readonly put: Placeholder })[] = [];
  let from = 0;
  for (const match of text.matchAll(HOLE)) {
    const put = allowed.find((name) => name === match[1]);
    if (put === undefined) return `no placeholders here but ${names(allowed)}`;
    if (match.index > from) pieces.push(text.slice(from, match.index));
    pieces.push({ put });
    from = match.index + match[0].length;
  }
  if (from < text.length || pieces.length === 0) pieces.push(text.slice(from));
  return pieces;
}

/** `{address} or {id}`, for people. */
export function names(placeholders: readonly Placeholder[]): string {
  const held = placeholders.map((name) => `{${name}}`);
  const last = held.pop() ?? '';
  return held.length === 0 ? last : `${held.join(', ')} or ${last}`;
}
