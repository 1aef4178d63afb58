/** What an HTTP calibration is asked for: plain data between threads. It must not ask anything of a server. */

import type { TargetRequest } from '../profile/guard.ts';
import type { OperationName } from '../words.ts';
import type { Load } from './calibration.ts';

/** Methods that are offered, and under which name of the closed list each counts. */
export const HTTP_OPERATION = {
  GET: 'http.fetch',
  POST: 'http.submit',
  PUT: 'http.submit',
  DELETE: 'http.delete',
} as const satisfies Readonly<Record<string, OperationName>>;

export type HttpMethod = keyof typeof HTTP_OPERATION;

export interface HttpCalibrationStart {
  readonly request: TargetRequest;
  readonly shard: { readonly index: number; readonly count: number };
  readonly zeroUs: number;
  /** `messages` counts requests here. */
  readonly load: Load;
  readonly graceUs: number;
  readonly connections: number;
  readonly spin: boolean;
  readonly method: HttpMethod;
  /** With its query; `{n}` stands for the number of the request, from `firstOperation`. */
  readonly path: string;
  readonly firstOperation: number;
  /** Names and values in turn. Never logged: one may be a secret. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly tlsInsecure: boolean;
}
