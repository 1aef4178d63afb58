/** The shape of a mail API over HTTP, told as a template: requests with holes, and where in the answers things stand. It must not make a request. */

import { z } from 'zod';
import { jsonTemplate, type JsonTemplate } from './mail-api-json.ts';
import { filled, type Filling, names, type Placeholder, PLACES } from './mail-api-text.ts';
import { whole } from './leaves.ts';

/** A body: text put together as it stands, or JSON in which each text is filled by itself. */
export type BodyTemplate =
  | { readonly kind: 'text'; readonly text: Filling }
  | { readonly kind: 'json'; readonly json: JsonTemplate };

/** A place in a JSON document (RFC 6901), taken apart and unescaped. */
export type Pointer = readonly string[];

/** Deepest place that a pointer may name: answers of mail APIs have a handful of levels. */
const DEEPEST = 16;

/** A URL that a server must take (RFC 9110 §4.1 asks for 8,000 octets); more is a wrong file. */
const LONGEST_PATH = 4_000;

/** Fields that the connection writes itself: a second one would be another request than ours (RFC 9112 §6.3). */
const OURS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'expect',
  'te',
]);

const POINTER = 'a JSON pointer (RFC 6901) such as /messages or /headers/message-id; "" for the whole';

const pointer = (description: string) =>
  z
    .string({ error: POINTER })
    .meta({ description: `${description} (${POINTER})` })
    .transform((text, context): Pointer => {
      const tokens = text.split('/').slice(1);
      const isPointer = (text === '' || text.startsWith('/')) && !/~(?![01])/.test(text);
      if (isPointer && tokens.length <= DEEPEST)
        return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
      context.addIssue({ code: 'custom', message: POINTER, input: text });
      return z.NEVER;
    });

/** Text with holes of a request's kind, at one of its places. */
function template(allowed: readonly Placeholder[], form: RegExp, expected: string, description: string) {
  const said = `${description}; it may hold ${names(allowed)}`;
  return z
    .string({ error: expected })
    .meta({ description: said })
    .transform((text, context): Filling => {
      const read = filled(text, allowed);
      const message = typeof read === 'string' ? read : form.test(text) ? undefined : expected;
      if (message === undefined) return read as Filling;
      context.addIssue({ code: 'custom', message, input: text });
      return z.NEVER;
    });
}

/** RFC 9110 §5.1: a token. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}$/;

type Kind = 'submit' | 'list' | 'fetch' | 'delete';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What can be what: nothing is deleted by a GET, which proxies repeat at will (RFC 9110 §9.2.1). The first is the usual one. */
const METHODS = {
  submit: ['POST', 'PUT'],
  list: ['GET', 'POST'],
  fetch: ['GET', 'POST'],
  delete: ['DELETE', 'POST', 'PUT', 'PATCH'],
} as const satisfies Readonly<Record<Kind, readonly Method[]>>;

/** What every request has; `usual` is its method where none is named. */
function requestShape(kind: Kind) {
  const methods: readonly Method[] = METHODS[kind];
  const places = PLACES[kind];
  return {
    method: z
      .enum(methods, { error: methods.join(' or ') })
      .meta({ description: 'How it is asked' })
      .default(methods[0] as Method),
    path: template(
      places.path,
      new RegExp(String.raw`^/(?!/)[!-"$-\[\]-~]{0,${LONGEST_PATH}}$`),
      'a path with its query that begins with one slash, without blanks or #, such as /email/{id}',
      'Path and query; the host is the mailbox URL’s',
    ),
    headers: z
      .record(
        z.string(),
        template(
          places.headers,
          /^[\t -~]{0,2000}$/,
          'a header’s value in printable ASCII',
          'A header field’s value',
        ),
        { error: 'header fields by name' },
      )
      .meta({ description: 'Further header fields' })
      .transform((fields, context) => {
        for (const name of Object.keys(fields)) {
          const isOurs = OURS.has(name.toLowerCase());
          if (!isOurs && HEADER_NAME.test(name)) continue;
          const message = isOurs ? 'no field that HTTP itself writes' : 'a header name before it';
          context.addIssue({ code: 'custom', path: [name], message, input: name });
        }
        return Object.entries(fields);
      })
      .optional(),
    body: z
      .unknown()
      .meta({
        description: `A text, or a tree that goes as JSON; it may hold ${names(places.body)}, and a list of one element with {to} or {ids} in it is repeated for each`,
      })
      .transform((tree, context): BodyTemplate | undefined => {
        if (tree === undefined) return undefined;
        const read = bodyOf(tree, places.body);
        if (!('problems' in read)) return read;
        for (const { path, message } of read.problems)
          context.addIssue({ code: 'custom', path: [...path], message, input: tree });
        return z.NEVER;
      })
      .optional(),
  };
}

function bodyOf(
  tree: unknown,
  allowed: readonly Placeholder[],
):
  | BodyTemplate
  | { readonly problems: readonly { readonly path: (string | number)[]; readonly message: string }[] } {
  if (typeof tree !== 'string') {
    const read = jsonTemplate(tree, allowed);
    return 'problems' in read ? read : { kind: 'json', json: read.json };
  }
  const read = filled(tree, allowed);
  return typeof read === 'string'
    ? { problems: [{ path: [], message: read }] }
    : { kind: 'text', text: read };
}

const submitRequest = z
  .strictObject({
    ...requestShape('submit'),
    atOnce: whole(1, 50_000, 'Recipients in one request').default(1_000),
  })
  .superRefine((request, context) => {
    checkBody(request, context);
    must(request, context, ['to'], 'nobody would get it');
    must(request, context, ['raw', 'rawBase64', 'body'], 'nothing would be sent');
  });

const listRequest = z
  .strictObject({
    ...requestShape('list'),
    rows: pointer('Where the list of messages is').default([]),
    id: pointer('In a row: the id that fetch and delete are told'),
    total: pointer('Where it says how many there are').optional(),
    order: z
      .enum(['oldestFirst', 'newestFirst'], { error: 'oldestFirst or newestFirst' })
      .meta({ description: 'In which order the rows come' })
      .default('oldestFirst'),
    pageSize: whole(
      1,
      10_000,
      'Rows asked for at once, as {limit}; without it one answer holds all',
    ).optional(),
    owner: z
      .union([pointer('Of one'), z.array(pointer('Of several')).min(1).max(8)], {
        error: `${POINTER}, or a list of them`,
      })
      .meta({
        description:
          'In a row: the address or addresses whose copy it is, where one listing shows the mail of several people',
      })
      .transform((one): readonly Pointer[] => (isList(one) ? one : [one]))
      .optional(),
    ownerAddress: pointer('In each owner: the address, where an owner is no plain text').optional(),
  })
  .superRefine((request, context) => {
    checkBody(request, context);
    const held = holesOf(request);
    const pages = request.pageSize !== undefined;
    if (pages && !held.has('offset'))
      issue(context, ['pageSize'], 'a path, header or body with {offset}: every page would be the first');
    if (!pages && (held.has('offset') || held.has('limit')))
      issue(context, ['path'], 'pageSize beside {offset} and {limit}');
    if (request.ownerAddress !== undefined && request.owner === undefined)
      issue(context, ['ownerAddress'], 'owner beside it');
  });

const fetchRequest = z
  .strictObject({
    ...requestShape('fetch'),
    message: pointer('Where in JSON the message is; without it the answer is the message itself').optional(),
    base64: z
      .boolean({ error: 'true or false' })
      .meta({ description: 'The message stands there in base64 (RFC 4648)' })
      .default(false),
  })
  .superRefine((request, context) => {
    checkBody(request, context);
    must(request, context, ['id'], 'every message would be the same');
    if (request.base64 && request.message === undefined)
      issue(context, ['base64'], 'message beside it: an answer that is the message itself is not encoded');
  });

const deleteRequest = z
  .strictObject({
    ...requestShape('delete'),
    atOnce: whole(1, 10_000, 'Ids in one request, with {ids}').optional(),
  })
  .superRefine((request, context) => {
    checkBody(request, context);
    must(request, context, ['id', 'ids'], 'nobody knows what it would delete');
    const held = holesOf(request);
    if (held.has('id') && held.has('ids')) issue(context, ['path'], '{id} or {ids}, not both');
    if (!held.has('ids') && request.atOnce !== undefined && request.atOnce > 1)
      issue(context, ['atOnce'], '1: with {id} a request deletes one message');
  });

const identity = z.strictObject({
  headers: pointer('In a row: all header fields of the message, by name').optional(),
  messageId: pointer('In a row: its Message-ID').optional(),
  subject: pointer('In a row: its Subject').optional(),
  mark: pointer('In a row: the run’s mark, which is the header X-Replystorm-Run').optional(),
});

const statusList = (low: number, high: number, description: string) =>
  z
    .array(whole(low, high, description), { error: 'a list of statuses' })
    .min(1)
    .max(50)
    .meta({ description })
    .optional();

const statuses = z
  .strictObject({
    ok: statusList(200, 299, 'These, and no others, say that it was done; by default all from 200 to 299'),
    gone: statusList(400, 599, 'The message is not there any more; by default 404 and 410'),
    goneText: z
      .string({ error: '1 to 200 characters' })
      .min(1)
      .max(200)
      .meta({ description: 'A refusal whose body holds these words says so too' })
      .optional(),
    limiter: statusList(400, 599, 'A limiter answered; 429 always does'),
    overQuota: statusList(400, 599, 'A mailbox is full; 507 always says so'),
    temporary: statusList(400, 599, 'Another try may do; 408, 425, 429, 502, 503 and 504 always say so'),
  })
  .superRefine(({ gone = [], limiter = [], overQuota = [] }, context) => {
    for (const [at, status] of gone.entries())
      if (limiter.includes(status) || overQuota.includes(status))
        issue(context, ['gone', at], 'a status that means nothing else');
  });

/** A mail API, as a mapping. */
export const mailApiBlock = z
  .strictObject({
    auth: z
      .enum(['none', 'basic', 'bearer'], { error: 'none, basic or bearer' })
      .meta({
        description:
          'Who asks: nobody in particular; by login and password (RFC 7617); by the token, or the password in its place (RFC 6750)',
      })
      .default('none'),
    submit: submitRequest.optional(),
    list: listRequest,
    fetch: fetchRequest,
    delete: deleteRequest,
    identity: identity.optional(),
    statuses: statuses.optional(),
  })
  .superRefine(({ auth, ...requests }, context) => {
    for (const kind of ['submit', 'list', 'fetch', 'delete'] as const)
      if (auth !== 'none' && (requests[kind]?.headers ?? []).some(([name]) => /^authorization$/i.test(name)))
        issue(context, [kind, 'headers'], 'no Authorization beside auth');
  });

/** As a file holds it. */
export type MailApiText = z.input<typeof mailApiBlock>;

/** As it is used: texts and pointers taken apart, defaults filled in. Plain data. */
export type MailApiTemplate = z.output<typeof mailApiBlock>;

/** What all requests have. */
export interface RequestTemplate {
  readonly method: Method;
  readonly path: Filling;
  readonly headers?: readonly (readonly [string, Filling])[] | undefined;
  readonly body?: BodyTemplate | undefined;
}

interface Issues {
  addIssue(issue: { code: 'custom'; path: (string | number)[]; message: string }): void;
}

function issue(context: Issues, path: (string | number)[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

/** A pointer is a list of texts; a list of pointers is one of lists. */
function isList(one: Pointer | readonly Pointer[]): one is readonly Pointer[] {
  return typeof one[0] === 'object';
}

/** Everything that a request has holes for. */
function holesOf({ path, headers = [], body }: RequestTemplate): ReadonlySet<Placeholder> {
  const held = new Set<Placeholder>();
  const take = (text: Filling): void => {
    for (const piece of text) if (typeof piece !== 'string') held.add(piece.put);
  };
  const walk = (json: JsonTemplate): void => {
    if (json.is === 'text') take(json.text);
    else if (json.is === 'list') json.items.forEach(walk);
    else if (json.is === 'map') for (const [, value] of json.entries) walk(value);
  };
  take(path);
  for (const [, value] of headers) take(value);
  if (body?.kind === 'text') take(body.text);
  else if (body?.kind === 'json') walk(body.json);
  return held;
}

function must(
  request: RequestTemplate,
  context: Issues,
  oneOf: readonly Placeholder[],
  otherwise: string,
): void {
  const held = holesOf(request);
  if (!oneOf.some((name) => held.has(name)))
    issue(context, ['path'], `${names(oneOf)} in the path, a header or the body: ${otherwise}`);
}

/** What a body asks of the rest of its request. */
function checkBody({ method, headers = [], body }: RequestTemplate, context: Issues): void {
  if (body === undefined) return;
  if (method === 'GET') issue(context, ['body'], 'no body: a GET has none (RFC 9110 §9.3.1)');
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? [];
  const isJson = type.some((piece) => typeof piece === 'string' && /\bjson\b/i.test(piece));
  const isFilled = body.kind === 'text' && body.text.some((piece) => typeof piece !== 'string');
  if (isJson && isFilled)
    issue(
      context,
      ['body'],
      'a tree instead of a text: a text is put together as it stands, which breaks JSON',
    );
}
