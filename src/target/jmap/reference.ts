/** Results of earlier calls put into later ones (RFC 8620 §3.7), and what they weigh. Runs no method. */

import { type Fault, fault, isObject, isString, type Json } from './method.ts';

/** One response so far: name, arguments, call id. */
export type Response = readonly [string, Json, string];

/** Puts in every `#argument`; `unitsLeft` bounds what they may bring along. */
export function resolveArguments(
  args: Json,
  responses: readonly Response[],
  unitsLeft: number,
): { readonly args: Json; readonly units: number } | Fault {
  const names = Object.keys(args).filter((name) => name.startsWith('#'));
  if (names.length === 0) return { args, units: 0 };
  const entries: [string, unknown][] = Object.entries(args).filter(([name]) => !name.startsWith('#'));
  let units = 0;
  for (const name of names) {
    const plain = name.slice(1);
    if (Object.hasOwn(args, plain)) return fault('invalidArguments', `${plain} is given twice`);
    const value = resolve(args[name], responses);
    if (value === undefined) return fault('invalidResultReference', `${name} leads nowhere`);
    units += unitsOf(value.found, unitsLeft - units);
    if (units > unitsLeft) return fault('requestTooLarge');
    entries.push([plain, value.found]);
  }
  return { args: Object.fromEntries(entries), units };
}

/** Values and characters in it, as a measure of what it takes; counting ends above `most`. */
export function unitsOf(value: unknown, most: number): number {
  if (typeof value === 'string') return 1 + value.length;
  if (typeof value !== 'object' || value === null) return 1;
  let units = 1;
  for (const [key, inner] of Object.entries(value)) {
    units += key.length + unitsOf(inner, most - units);
    if (units > most) break;
  }
  return units;
}

function resolve(
  reference: unknown,
  responses: readonly Response[],
): { readonly found: unknown } | undefined {
  if (!isObject(reference)) return undefined;
  const { resultOf, name, path } = reference;
  if (!isString(path) || (path !== '' && !path.startsWith('/'))) return undefined;
  const response = responses.find(([, , id]) => id === resultOf);
  if (response === undefined || response[0] !== name) return undefined;
  const tokens = path.split('/').slice(1).map(unescaped);
  const found = follow(response[1], tokens, 0);
  return found === undefined ? undefined : { found };
}

/** RFC 6901 §4, with `*` for every item of a list. Undefined: there is no such value. */
function follow(value: unknown, tokens: readonly string[], from: number): unknown {
  let here = value;
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at] as string;
    if (Array.isArray(here)) {
      if (token === '*') return each(here, tokens, at + 1);
      here = /^(?:0|[1-9]\d{0,9})$/.test(token) ? here[Number(token)] : undefined;
    } else here = isObject(here) && Object.hasOwn(here, token) ? here[token] : undefined;
    if (here === undefined) return undefined;
  }
  return here;
}

/** A list within the list is laid out flat. */
function each(list: readonly unknown[], tokens: readonly string[], from: number): unknown {
  const results: unknown[] = [];
  for (const item of list) {
    const result = follow(item, tokens, from);
    if (result === undefined) return undefined;
    if (Array.isArray(result)) for (const one of result) results.push(one);
    else results.push(result);
  }
  return results;
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
