/** The flags of `calibrate http`, read into a request and a load or into every problem at once. Connects to nothing. */

import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import type { EndpointRequest } from '../profile/guard.ts';
import { basicHeader, bearerHeader } from '../protocol/http/authorization.ts';
import type { Load } from '../replay/calibration.ts';
import { HTTP_OPERATION, type HttpMethod } from '../replay/http-calibration.ts';
import { readAuthority } from './access-flags.ts';
import { type OperationFlags, readLoad, withLoadFlags } from './calibrate-load-flags.ts';
import { choice, text, textOr } from './calibrate-options.ts';
import { readEndpoint } from './endpoints.ts';

export interface CalibrateHttpFlags extends OperationFlags {
  readonly protocol: string;
  readonly url: string;
  readonly method: HttpMethod;
  readonly body?: string | undefined;
  readonly bodyFile?: string | undefined;
  readonly contentType: string;
  readonly domain?: string | undefined;
  readonly user?: string | undefined;
  readonly passwordEnv: string;
  readonly tokenEnv?: string | undefined;
  readonly tlsCa?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly tlsInsecure: boolean;
  readonly targetIs?: string | undefined;
}

const METHODS = Object.keys(HTTP_OPERATION) as HttpMethod[];

/** Requests of a calibration that does not say how many: some seconds' worth. */
const REQUESTS = 100_000;

/** The flags of calibrate http. */
export function withCalibrateHttpFlags<T>(y: Argv<T>) {
  return withLoadFlags(y, String(REQUESTS))
    .positional('protocol', {
      type: 'string',
      choices: ['http'] as const,
      demandOption: true,
      describe: 'Engine',
    })
    .option('url', {
      ...text('http://host:port/path or https://; {n} in the path is the number of the request'),
      demandOption: true,
    })
    .option('method', { choices: METHODS, requiresArg: true, default: 'GET' as const, describe: 'Request' })
    .option('body', text('What to send with it'))
    .option('body-file', text('The same, from a file'))
    .option('content-type', textOr('application/json', 'Of the body'))
    .option('domain', text('POST and PUT: the domain of the recipients that such a request leads mail to'))
    .option('user', text('Sign in by Basic as this user, with the password of --password-env'))
    .option('password-env', textOr('REPLYSTORM_PASSWORD', 'Environment variable with the password'))
    .option('token-env', text('Sign in by Bearer with the token of this environment variable'))
    .option('tls-ca', text('PEM file of the authority that signed the target certificate'))
    .option('tls-server-name', text('Name the certificate must carry'))
    .option('tls-insecure', choice(false, 'Do not verify certificates'))
    .option('target-is', text("Must equal the profile's blastRadius.name"));
}

export type CalibrateHttpChoices =
  | {
      readonly ok: true;
      readonly endpoint: EndpointRequest;
      readonly path: string;
      readonly headers: readonly string[];
      readonly body: Buffer | undefined;
      /** Where mail may go that these requests make; a reserved name where they make none. */
      readonly domain: string;
      readonly ca: string | undefined;
      readonly load: Load;
      readonly graceUs: number;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** What a GET or DELETE sends mail to: nobody, which the guard knows by a name that cannot be owned. */
const NOBODY = 'nobody.invalid';

/** Reads all choices; every problem at once. */
export function readCalibrateHttpChoices(flags: CalibrateHttpFlags): CalibrateHttpChoices {
  const { load, graceUs, problems: wrongLoad } = readLoad(flags, REQUESTS);
  const problems = [...wrongLoad];
  const url = readEndpoint('--url', flags.url);
  if (!url.ok) problems.push(url.problem);
  const sends = flags.method === 'POST' || flags.method === 'PUT';
  if (sends && flags.domain === undefined)
    problems.push(
      `--domain: found none beside ${flags.method}, expected where the mail goes that it may make: the guard must know`,
    );
  const body = readBody(flags);
  if (body !== undefined && 'problem' in body) problems.push(body.problem);
  if (body !== undefined && !sends) problems.push(`--body: found it beside ${flags.method}, expected none`);
  const authorization = readAuthorization(flags);
  if (typeof authorization === 'object') problems.push(authorization.problem);
  const ca = readAuthority(flags.tlsCa);
  if (typeof ca === 'object') problems.push(ca.problem);
  if (problems.length > 0 || !url.ok || typeof authorization === 'object' || typeof ca === 'object')
    return { ok: false, problems };
  const headers = ['accept', '*/*'];
  if (authorization !== undefined) headers.push('authorization', authorization);
  const bytes = body instanceof Buffer ? body : undefined;
  if (bytes !== undefined) headers.push('content-type', flags.contentType);
  const { endpoint, path } = url;
  // `{n}` must stay readable, whatever the URL's own rules make of braces.
  const plain = path.replaceAll(/%7Bn%7D/gi, '{n}');
  return {
    ok: true,
    endpoint,
    path: plain,
    headers,
    body: bytes,
    domain: flags.domain ?? NOBODY,
    ca,
    load,
    graceUs,
  };
}

function readBody({ body, bodyFile }: CalibrateHttpFlags): Buffer | undefined | { readonly problem: string } {
  if (body !== undefined && bodyFile !== undefined)
    return { problem: '--body-file: found it beside --body, expected one of them' };
  if (bodyFile === undefined) return body === undefined ? undefined : Buffer.from(body);
  try {
    return readFileSync(bodyFile);
  } catch (error) {
    return { problem: `--body-file: found no readable file ${bodyFile} (${String(error)})` };
  }
}

function readAuthorization(flags: CalibrateHttpFlags): string | undefined | { readonly problem: string } {
  const { user, tokenEnv, passwordEnv } = flags;
  if (user !== undefined && tokenEnv !== undefined)
    return { problem: '--token-env: found it beside --user, expected one of them' };
  if (user === undefined && tokenEnv === undefined) return undefined;
  const name = tokenEnv ?? passwordEnv;
  const secret = process.env[name];
  if (secret === undefined || secret === '')
    return {
      problem: `${tokenEnv === undefined ? '--password-env' : '--token-env'}: found no ${name} in the environment`,
    };
  const header = user === undefined ? bearerHeader(secret) : basicHeader(user, secret);
  return header ?? { problem: '--user, --token-env: found what no Authorization header can carry' };
}
