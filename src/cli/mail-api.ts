/** How mail is handed in and read over HTTP: by a name, a file, or the profile. Reads a file, makes no request. */

import { readFileSync } from 'node:fs';
import type { EndpointRequest } from '../profile/guard.ts';
import { MAIL_APIS, readyMadeApi } from '../profile/mail-apis.ts';
import type { MailApiTemplate } from '../profile/mail-api-schema.ts';
import { formatProblem, readMailApi } from '../profile/read.ts';
import type { Profile } from '../profile/schema.ts';

export type ApiReading =
  | { readonly ok: true; readonly api: MailApiTemplate | undefined }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The API of `--mail-api`, else the profile's; none is needed where no door is HTTP. `submit`: undefined where nothing is sent. */
export function apiFor(
  flag: string | undefined,
  profile: Profile | undefined,
  { submit, mailbox }: { readonly submit: EndpointRequest | undefined; readonly mailbox: EndpointRequest },
): ApiReading {
  const isHttp = (endpoint: EndpointRequest | undefined): boolean =>
    endpoint?.protocol.startsWith('http') === true;
  if (!isHttp(submit) && !isHttp(mailbox)) {
    if (flag === undefined) return { ok: true, api: undefined };
    return problem(`--mail-api: found ${JSON.stringify(flag)}, expected it only beside http:// or https://`);
  }
  const read = flag === undefined ? { ok: true as const, api: profile?.mailApi } : readApi(flag);
  if (!read.ok) return read;
  if (read.api === undefined)
    return problem(
      `--mail-api: found nothing, expected ${NAMES} or a file, since a mail API over HTTP has to be described`,
    );
  if (isHttp(submit) && read.api.submit === undefined)
    return problem('--submit: found a mail API that takes no messages, expected one with a submit request');
  return read;
}

const NAMES = Object.keys(MAIL_APIS).join(', ');

function readApi(nameOrFile: string): ApiReading {
  const api = readyMadeApi(nameOrFile);
  if (api !== undefined) return { ok: true, api };
  let text: string;
  try {
    text = readFileSync(nameOrFile, 'utf8');
  } catch {
    return problem(
      `--mail-api: found ${JSON.stringify(nameOrFile)}, which is neither ${NAMES} nor a readable file, expected one of these`,
    );
  }
  const read = readMailApi(text);
  if (read.ok) return read;
  return { ok: false, problems: read.problems.map((one) => formatProblem(nameOrFile, one)) };
}

function problem(words: string): ApiReading {
  return { ok: false, problems: [words] };
}
