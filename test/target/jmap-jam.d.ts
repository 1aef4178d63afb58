/** The part of jmap-jam that the tests use. Its own types come as sources that our compiler options refuse; nothing here runs. */

/** An object of the server's: what a test reads of it, it says. */
// oxlint-disable-next-line typescript/no-explicit-any -- the server's answers are what is tested, not their types
export type Answer = any;

/** A call that is put together before it is sent. */
interface Draft {
  $ref(path: string): unknown;
}

type Entity = 'Email' | 'EmailSubmission' | 'Identity' | 'Mailbox';
type Verb = 'changes' | 'get' | 'import' | 'query' | 'set';
type Api<Made> = { readonly [E in Entity]: { readonly [V in Verb]: (args: Answer) => Made } };
type Named<T> = { readonly [K in keyof T]: Answer };
interface Meta {
  readonly response: Response;
}

export class JamClient {
  protected authHeader: string;
  session: Promise<Answer>;
  readonly api: Api<Promise<[Answer, Meta]>>;
  constructor(options: { readonly sessionUrl: string; readonly bearerToken: string });
  static loadSession(url: string, authorization: string): Promise<Answer>;
  requestMany<T extends Record<string, Draft>>(build: (t: Api<Draft>) => T): Promise<[Named<T>, Meta]>;
  getPrimaryAccount(): Promise<string>;
  uploadBlob(accountId: string, body: Blob | string): Promise<Answer>;
  downloadBlob(file: Answer): Promise<Response>;
}
