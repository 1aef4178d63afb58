/** The JSON Schema of a profile: it lets the shipped files in and stray keys out, as the reader does. */

import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { profileJsonSchema } from '../../src/profile/schema.ts';
import { shippedText } from './shipped.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
}

const SCHEMA = profileJsonSchema() as Schema & { readonly $schema: string };

/** What a schema of this kind would say against a value: the keywords that zod writes, no others. */
function objections(schema: Schema, value: unknown, path: string): string[] {
  if (schema.anyOf)
    return schema.anyOf.some((one) => objections(one, value, path).length === 0) ? [] : [`${path}: none of`];
  const type = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (schema.type !== type && !(schema.type === 'number' && type === 'integer')) return [`${path}: ${type}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${path}: not among ${schema.enum.join()}`];
  if (typeof value === 'string')
    return new RegExp(schema.pattern ?? '', 'u').test(value) ? [] : [`${path}: pattern`];
  if (typeof value === 'number')
    return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity)
      ? []
      : [`${path}: range`];
  if (Array.isArray(value)) {
    const few = value.length < (schema.minItems ?? 0) ? [`${path}: too few`] : [];
    return [...few, ...value.flatMap((one, i) => objections(schema.items ?? {}, one, `${path}/${i}`))];
  }
  const given = value as Record<string, unknown>;
  const missing = (schema.required ?? [])
    .filter((key) => !(key in given))
    .map((key) => `${path}/${key}: missing`);
  return Object.entries(given).reduce((found, [key, one]) => {
    const known = schema.properties?.[key];
    if (known) return [...found, ...objections(known, one, `${path}/${key}`)];
    return schema.additionalProperties === false ? [...found, `${path}/${key}: unknown`] : found;
  }, missing);
}

function objects(schema: Schema): Schema[] {
  const below = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])];
  return [...(schema.type === 'object' ? [schema] : []), ...below.flatMap(objects)];
}

const smoke = (): Record<string, Record<string, unknown>> =>
  parse(shippedText('smoke')) as Record<string, Record<string, unknown>>;

describe('the JSON Schema', () => {
  test('is draft 2020-12 and closes every object', () => {
    expect(SCHEMA.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(objects(SCHEMA).length).toBeGreaterThan(10);
    for (const one of objects(SCHEMA)) expect(one.additionalProperties).toBe(false);
  });

  test('describes what a file may hold, not what defaults make of it', () => {
    expect(SCHEMA.required).toContain('speed');
    expect(SCHEMA.required).not.toContain('limits');
    expect(SCHEMA.required).not.toContain('seed');
    expect(SCHEMA.properties?.['speed']?.type).toBe('string');
    expect(SCHEMA.properties?.['population']?.required).toEqual(['mailboxes', 'scaledTo']);
  });

  test.each(['smoke', 'nhs-2016'])('has nothing against %s', (name) => {
    expect(objections(SCHEMA, parse(shippedText(name)), '')).toEqual([]);
  });

  test('objects to what the reader objects to', () => {
    const wrong = smoke();
    wrong['colour'] = {};
    wrong['phases'] = { ...wrong['phases'], baseline: 2 };
    delete wrong['replies']?.['thinking'];
    wrong['deletes'] = { ...wrong['deletes'], mix: [] };
    expect(objections(SCHEMA, wrong, '').toSorted()).toEqual([
      '/colour: unknown',
      '/deletes/mix: too few',
      '/phases/baseline: integer',
      '/replies/thinking: missing',
    ]);
  });
});
