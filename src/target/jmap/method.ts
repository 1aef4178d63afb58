/** What a JMAP method is given and what it gives back: the agreement between the API and its methods (RFC 8620 §3). */

import type { AccessKind } from '../../capacity/config.ts';
import type { DoorContext } from '../door.ts';
import type { Pace } from '../pace.ts';
import type { Account, Store } from '../store.ts';
import type { Unruly } from '../unruly.ts';
import type { Uploads } from './blobs.ts';
import { accountId } from './ids.ts';
import type { AccountJournal } from './journal.ts';
import { MAX_OBJECTS_IN_GET, MAX_PROPERTIES } from './limits.ts';
import type { Submissions } from './submissions.ts';

/** An object as JSON has it; what is in it is anybody's guess. */
export type Json = Readonly<Record<string, unknown>>;

/** A method-level error (RFC 8620 §3.6.2), or a SetError (§5.3). */
export interface Fault {
  readonly fault: string;
  /** Beside `type`. */
  readonly more: Json;
}

export interface JmapContext extends DoorContext {
  readonly store: Store;
  readonly pace: Pace;
  readonly signIn: (name: string, password: string) => Account | undefined;
  /** What to do wrong in mailboxes; undefined in a target that behaves. */
  readonly unruly: Unruly | undefined;
}

/** One account as JMAP sees it. */
export interface Desk {
  readonly account: Account;
  readonly journal: AccountJournal;
  readonly submissions: Submissions;
}

/** What one request has in common over its calls. */
export interface Memory {
  /** Creation ids of this request, and what they became (RFC 8620 §3.3). */
  readonly created: Map<string, string>;
  /** Values and characters that its answers may still take. */
  unitsLeft: number;
  /** Where it came from, for the trace field. */
  readonly peer: string;
}

export interface Call {
  readonly context: JmapContext;
  readonly uploads: Uploads;
  readonly desk: Desk;
  readonly memory: Memory;
  /** With references put in. */
  readonly args: Json;
}

/** `hangUp`: the connection ends without an answer to any of the request's calls. */
export type Answer =
  | Fault
  | 'hangUp'
  | {
      readonly result: Json;
      /** Responses of implicit calls, after this one's own. */
      readonly after?: readonly (readonly [string, Json])[];
    };

export type Method = (call: Call) => Answer | Promise<Answer>;

export function fault(type: string, more: Json | string = {}): Fault {
  return { fault: type, more: typeof more === 'string' ? { description: more } : more };
}

export function isFault(value: object | string): value is Fault {
  return typeof value === 'object' && 'fault' in value;
}

/** `{ type: ... }`, as both kinds of error are written. */
export function faultJson({ fault: type, more }: Fault): Json {
  return { type, ...more };
}

/** Resolves when the work is done as the capacity model has it; never, once the target is stopping. */
export function spend(call: Call, kind: AccessKind, messages: number, commands = 1): Promise<void> {
  return new Promise((resolve) => {
    if (commands === 0) resolve();
    else call.context.pace.spend(kind, messages, resolve, commands);
  });
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** An argument that may be left out or null; `otherwise` then. Undefined: it is of another type. */
export function optional<T, U>(
  value: unknown,
  is: (given: unknown) => given is T,
  otherwise: U,
): T | U | undefined {
  if (value === undefined || value === null) return otherwise;
  return is(value) ? value : undefined;
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** RFC 8620 §1.3, UnsignedInt. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A creation id's real one, if it is one; else the id as it is. Undefined: nothing was made under it. */
export function realId(memory: Memory, id: string): string | undefined {
  return id.startsWith('#') ? memory.created.get(id.slice(1)) : id;
}

/** The arguments of a standard /get (RFC 8620 §5.1): ids, null for all, and properties, null for the usual ones. */
export function readGet({ args, memory }: Call): Fault | Getting {
  const ids = optional(args['ids'], isStrings, null);
  const properties = optional(args['properties'], isStrings, null);
  if (ids === undefined) return fault('invalidArguments', 'ids: expected a list of ids, or null');
  if (properties === undefined || (properties?.length ?? 0) > MAX_PROPERTIES)
    return fault('invalidArguments', `properties: expected a list of at most ${MAX_PROPERTIES}, or null`);
  if ((ids?.length ?? 0) > MAX_OBJECTS_IN_GET) return fault('requestTooLarge');
  // Each once, however often it was asked for.
  return { ids: ids && [...new Set(ids.map((id) => realId(memory, id) ?? id))], properties };
}

export interface Getting {
  readonly ids: readonly string[] | null;
  readonly properties: readonly string[] | null;
}

/** The chosen ones of an object's properties, and always its id; a fault where one is none of them. */
export function choose(object: Json, properties: readonly string[] | null): Json | Fault {
  if (properties === null) return object;
  const unknown = properties.find((name) => !Object.hasOwn(object, name));
  if (unknown !== undefined) return fault('invalidArguments', `properties: no property ${unknown}`);
  return Object.fromEntries([['id', object['id']], ...properties.map((name) => [name, object[name]])]);
}

/** The answer of a standard /get over objects that are at hand. */
export function getAnswer(call: Call, state: string, objects: ReadonlyMap<string, Json>): Answer {
  const getting = readGet(call);
  if (isFault(getting)) return getting;
  const list: Json[] = [];
  const notFound: string[] = [];
  for (const id of getting.ids ?? objects.keys()) {
    const object = objects.get(id);
    const chosen = object && choose(object, getting.properties);
    if (chosen === undefined) notFound.push(id);
    else if (isFault(chosen)) return chosen;
    else list.push(chosen);
  }
  return { result: { accountId: accountId(call.desk.account), state, list, notFound } };
}

/** `null` for none, as the members of a /set response have it (RFC 8620 §5.3). */
export function orNull(entries: ReadonlyMap<string, unknown>): Json | null {
  return entries.size === 0 ? null : Object.fromEntries(entries);
}
