/** `--accounts-file`: a CSV of address, login and where the secret lies, read into accounts or into every problem with its place. Opens no connection. */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Accounts as a file lists them: mailbox 0 is the first row. */
export interface ListedAccounts {
  readonly addresses: readonly string[];
  readonly logins: readonly string[];
  /** Empty texts where rows name no secret. */
  readonly passwords: readonly string[];
}

export type AccountsFile =
  | { readonly ok: true; readonly listed: ListedAccounts }
  | { readonly ok: false; readonly problems: readonly string[] };

/** More accounts than any plan may have mailboxes. */
const MAX_BYTES = 1_000_000_000;

/** More problems than this tell nothing new. */
const MAX_PROBLEMS = 5;

const ADDRESS = /^[^\s@<>",]+@[A-Za-z0-9.-]+$/;

const SECRET_FORM = 'env:NAME or file:PATH';

interface Field {
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

/**
 * Reads the file. `needsSecrets`: every row must say where its password lies; otherwise none may, since a secret that
 * is never used would let somebody believe in it.
 */
export function readAccountsFile(file: string, needsSecrets: boolean): AccountsFile {
  let text: string;
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MAX_BYTES) return problem(`--accounts-file: ${file} is over ${MAX_BYTES} bytes`);
    text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return problem(`--accounts-file: found no readable file ${file} (${code}), expected a CSV`);
  }
  const reader = new Rows(file, needsSecrets);
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    reader.row(line, index + 1);
    if (reader.problems.length >= MAX_PROBLEMS) break;
  }
  if (reader.problems.length === 0 && reader.addresses.length === 0)
    return problem(`${file}: found no account, expected rows of address,login,secret`);
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  const { addresses, logins, passwords } = reader;
  return { ok: true, listed: { addresses, logins, passwords } };
}

function problem(words: string): AccountsFile {
  return { ok: false, problems: [words] };
}

/** Rows read so far. */
class Rows {
  readonly addresses: string[] = [];
  readonly logins: string[] = [];
  readonly passwords: string[] = [];
  readonly problems: string[] = [];
  readonly #file: string;
  readonly #needsSecrets: boolean;
  /** The line each address stands on. */
  readonly #known = new Map<string, number>();
  readonly #secrets = new Map<string, string | undefined>();

  constructor(file: string, needsSecrets: boolean) {
    this.#file = file;
    this.#needsSecrets = needsSecrets;
  }

  row(line: string, number: number): void {
    if (line.trim() === '' || (number === 1 && /^address\s*,\s*login/i.test(line))) return;
    const fields = fieldsOf(line);
    const [address, login, secret] = fields;
    if (address === undefined || login === undefined || fields.length > 3) {
      const column = fields[3]?.column ?? line.length + 1;
      return this.#say(number, column, `found ${fields.length} fields, expected address,login,secret`);
    }
    if (!ADDRESS.test(address.text))
      return this.#say(number, address.column, `found ${JSON.stringify(address.text)}, expected an address`);
    const before = this.#known.get(address.text.toLowerCase());
    if (before !== undefined)
      return this.#say(number, address.column, `found ${address.text} again, it stands on line ${before}`);
    const password = this.#secret(secret ?? { text: '', column: line.length + 1 }, number);
    if (password === undefined) return undefined;
    this.#known.set(address.text.toLowerCase(), number);
    this.addresses.push(address.text);
    this.logins.push(login.text === '' ? address.text : login.text);
    this.passwords.push(password);
  }

  /** The secret that a reference leads to; undefined after saying what is wrong with it. Never says the secret. */
  #secret({ text, column }: Field, number: number): string | undefined {
    if (!this.#needsSecrets) {
      if (text === '') return '';
      this.#say(number, column, 'found a secret, expected none beside a master user or tokens');
      return undefined;
    }
    const reference = /^(env|file):(.+)$/s.exec(text);
    if (reference === null) {
      // A password written here by mistake must not be printed.
      this.#say(
        number,
        column,
        `found ${text === '' ? 'nothing' : 'something else'}, expected ${SECRET_FORM}`,
      );
      return undefined;
    }
    const known = this.#secrets.has(text) ? this.#secrets.get(text) : this.#follow(reference);
    this.#secrets.set(text, known);
    if (known === undefined || known === '') {
      this.#say(number, column, `${text} leads to nothing, expected the password there`);
      return undefined;
    }
    return known;
  }

  #follow([, kind, name = '']: RegExpExecArray): string | undefined {
    if (kind === 'env') return process.env[name];
    try {
      return readFileSync(resolve(dirname(this.#file), name), 'utf8').replace(/\r?\n$/, '');
    } catch {
      return undefined;
    }
  }

  #say(line: number, column: number, words: string): void {
    this.problems.push(`${this.#file}:${line}:${column}: ${words}`);
  }
}

/** The fields of a line; quotes as in RFC 4180 §2, but no field runs over lines. */
function fieldsOf(line: string): Field[] {
  const fields: Field[] = [];
  const form = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(,|$)/y;
  for (;;) {
    const column = form.lastIndex + 1;
    const match = form.exec(line);
    // A quote that never closes: the rest is one field, which no check will take.
    if (match === null) return [...fields, { text: line.slice(column - 1), column }];
    fields.push({ text: match[1]?.replaceAll('""', '"') ?? (match[2] ?? '').trim(), column });
    if (match[3] === '') return fields;
  }
}
