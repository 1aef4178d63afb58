/** Counts mail by reading maildir files, with no server in between: the lab's independent witness. It reads headers only and changes nothing. */

import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** How many messages carry the header, and where they lie. */
export interface MaildirCount {
  readonly total: number;
  /** By folder over all accounts: `INBOX`, `Trash`, `Junk` ... Folders without a match are absent. */
  readonly byFolder: Readonly<Record<string, number>>;
  /** By account (the part before the @) over all its folders. Accounts without a match are absent. */
  readonly byAccount: Readonly<Record<string, number>>;
}

/** Accounts read at once; enough to keep the disk busy, few enough for any limit on open files. */
const ACCOUNTS_AT_ONCE = 16;

/** A folder that changes under the reader is read again, this many times at most. */
const READINGS = 10;

const CHUNK_BYTES = 8_192;

/** Messages whose header `name` equals `value`, after unfolding and trimming; the name in any case. */
export async function countMaildirs(mailRoot: string, name: string, value: string): Promise<MaildirCount> {
  const byFolder: Record<string, number> = {};
  const byAccount: Record<string, number> = {};
  let total = 0;
  const waiting = await readdir(mailRoot);
  const work = async (): Promise<void> => {
    for (let account = waiting.pop(); account !== undefined; account = waiting.pop()) {
      for (const [folder, path] of await foldersOf(join(mailRoot, account))) {
        const count = await countFolder(path, name.toLowerCase(), value);
        if (count === 0) continue;
        total += count;
        byFolder[folder] = (byFolder[folder] ?? 0) + count;
        byAccount[account] = (byAccount[account] ?? 0) + count;
      }
    }
  };
  await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, work));
  return { total, byFolder, byAccount };
}

/** Maildir++: the inbox is the folder itself, the others lie in it under names that begin with a dot. */
async function foldersOf(account: string): Promise<[string, string][]> {
  const entries = await readdir(account, { withFileTypes: true });
  const others = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('.'));
  return [
    ['INBOX', account],
    ...others.map((e): [string, string] => [e.name.slice(1), join(account, e.name)]),
  ];
}

async function countFolder(folder: string, name: string, value: string): Promise<number> {
  for (let reading = 1; ; reading += 1) {
    try {
      return await countOnce(folder, name, value);
    } catch (error) {
      // A message was moved (new to cur, or its flags changed) between listing and reading.
      if (!isMissing(error) || reading === READINGS) throw error;
    }
  }
}

async function countOnce(folder: string, name: string, value: string): Promise<number> {
  const matching = new Set<string>();
  for (const part of ['new', 'cur']) {
    for (const file of await listed(join(folder, part))) {
      const header = parseHeader(await readHeader(join(folder, part, file)));
      // The unique part of the name: a message seen in new and then again in cur is one message.
      if (header.some(([n, v]) => n === name && v === value)) matching.add(file.split(':')[0] ?? file);
    }
  }
  return matching.size;
}

/** A folder nobody has delivered to yet may lack its parts. */
async function listed(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readHeader(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    let text = '';
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
      text += buffer.toString('latin1', 0, bytesRead);
      const end = /\r?\n\r?\n/.exec(text);
      if (end !== null) return text.slice(0, end.index);
      if (bytesRead === 0) return text;
    }
  } finally {
    await file.close();
  }
}

/** Header text to [lower-case name, unfolded value] pairs. */
export function parseHeader(text: string): [string, string][] {
  return text
    .replaceAll(/\r?\n(?=[ \t])/g, '')
    .split(/\r?\n/)
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
