/** A scripted IMAP server with the client already connected. */

import type { ImapConnection } from '../../../src/protocol/imap/connection.ts';
import { type ImapSettings, openImap } from '../../../src/protocol/imap/open.ts';
import { type Dialogue, dialogue, type Peer } from './dialogue.ts';
import { settings } from './endpoint.ts';

let current: Dialogue | undefined;

/** Starts the script's server, which greets by itself, and connects to it. */
export async function open(
  script: (peer: Peer) => Promise<void>,
  more: Partial<ImapSettings> = {},
  capabilities = 'IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN UIDPLUS MOVE IDLE',
): Promise<ImapConnection> {
  current = await dialogue(async (peer) => {
    peer.send(`* OK [CAPABILITY ${capabilities}] ready`);
    await script(peer);
  });
  const opening = await openImap({ ...settings('imap', current.port), ...more });
  if (opening.connection === undefined) throw new Error(opening.message);
  return opening.connection;
}

/** Expects a command, answers with untagged lines and a tagged OK. */
export async function answer(peer: Peer, pattern: RegExp, ...untagged: readonly string[]): Promise<void> {
  const [, tag = ''] = await peer.expect(new RegExp(`^(R\\d+) ${pattern.source}$`, pattern.flags));
  peer.send(...untagged, `${tag} OK done`);
}

/** Rejects with the first expectation of the script that was not met. */
export async function finished(): Promise<void> {
  await current?.finished();
}

export async function close(): Promise<void> {
  await current?.close();
}
