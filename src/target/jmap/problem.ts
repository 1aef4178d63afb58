/** What is wrong with a request as a whole, as JSON (RFC 8620 §3.6.1, RFC 7807). Data only. */

export interface Problem {
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly limit?: string;
}

const STATUS_TEXTS = {
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  503: 'Service Unavailable',
} as const;

/** A problem that JMAP has a name for. */
export function problem(
  type: 'unknownCapability' | 'notJSON' | 'notRequest' | 'limit',
  detail: string,
  more: { readonly limit?: string; readonly status?: number } = {},
): Problem {
  return { type: `urn:ietf:params:jmap:error:${type}`, status: 400, detail, ...more };
}

/** One that HTTP has. */
export function httpProblem(status: keyof typeof STATUS_TEXTS): Problem {
  return { type: 'about:blank', status, detail: STATUS_TEXTS[status] };
}
