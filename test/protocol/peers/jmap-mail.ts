/** Messages of the small JMAP server: what it keeps of each, and how it tells of it. It must not use src. */

export type Args = Readonly<Record<string, unknown>>;

export interface PeerMail {
  id: string;
  subject: string;
  box: string;
  /** Beside `box`. */
  alsoIn?: string;
  /** Header fields as they stand there, names and values in turn. */
  fields?: readonly (readonly [string, string])[];
  body?: string;
  keywords?: Args;
  receivedAt?: string;
}

export function fieldsOf(mail: PeerMail, name: string): string[] {
  if (name.toLowerCase() === 'subject') return [` ${mail.subject}`];
  const own = mail.fields ?? [];
  return own.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

export function wireOf(mail: PeerMail): string {
  const fields = (mail.fields ?? []).map(([name, value]) => `${name}:${value}\r\n`).join('');
  return `Subject: ${mail.subject}\r\n${fields}\r\n${mail.body ?? 'x'}`;
}

export function rowOf(mail: PeerMail, properties: readonly string[] = []): Args {
  const { id, subject, keywords = {}, receivedAt = '2016-11-14T08:29:00Z' } = mail;
  const mailboxIds = { [mail.box]: true, ...(mail.alsoIn === undefined ? {} : { [mail.alsoIn]: true }) };
  const row: Record<string, unknown> = { id, subject, keywords, receivedAt, mailboxIds, blobId: `of-${id}` };
  for (const property of properties) {
    const [, name, , all] = /^header:([^:]+)(:asRaw)?(:all)?$/.exec(property) ?? [];
    if (name === undefined) continue;
    const values = fieldsOf(mail, name);
    row[property] = all === undefined ? (values.at(-1) ?? null) : values;
  }
  return row;
}
