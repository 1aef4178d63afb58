/** The image's policy: each rule is shown to fail on a bad Dockerfile, and all are held against ours. Nothing is built. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import * as policy from './container/policy.ts';

const ROOT = join(import.meta.dirname, '..');
const OURS = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const IGNORE = readFileSync(join(ROOT, '.dockerignore'), 'utf8');

/** Ours, with one thing made worse. */
function spoiled(from: string | RegExp, to: string): string {
  const text = OURS.replace(from, to);
  expect(text).not.toBe(OURS);
  return text;
}

test('everything in one stage, or a build image that ships, is found', () => {
  expect(policy.oneStage('FROM node:24\nCOPY . .\n')).toHaveLength(1);
  expect(policy.oneStage('FROM node:24 AS a\nFROM node:24\n')).toHaveLength(1);
  expect(policy.oneStage(OURS)).toEqual([]);
});

test('an image without a version is found', () => {
  for (const image of ['node', 'node:latest', 'node:slim', 'gcr.io/distroless/nodejs24-debian12'])
    expect(policy.looseImages(`FROM ${image}\n`), image).toHaveLength(1);
  expect(policy.looseImages('FROM node:24 AS a\nFROM a\n')).toEqual([]);
  expect(policy.looseImages(OURS)).toEqual([]);
});

test('root, by name, by number or by silence, is found', () => {
  for (const user of ['USER root', 'USER 0', 'USER 0:0', 'USER nonroot', '', 'USER 65532\nUSER root'])
    expect(policy.rootUser(spoiled(/^USER .*$/m, user)), user).toHaveLength(1);
  expect(policy.rootUser(OURS)).toEqual([]);
});

test('ADD is found', () => {
  expect(policy.adds('FROM a:1\nADD https://example.org/a.tgz /\n')).toHaveLength(1);
  expect(policy.adds(OURS)).toEqual([]);
});

test('a secret in the history is found', () => {
  expect(policy.secrets('FROM a:1\nARG NPM_TOKEN\n')).toHaveLength(1);
  expect(policy.secrets('FROM a:1\nENV A=1 \\\n    SMTP_PASSWORD=x\n')).toHaveLength(1);
  expect(policy.secrets(OURS)).toEqual([]);
});

test('an installation that is not locked, runs scripts or ships development packages is found', () => {
  expect(
    policy.unlockedInstalls(spoiled('npm ci --ignore-scripts', 'npm install --ignore-scripts')),
  ).toHaveLength(1);
  expect(policy.unlockedInstalls(spoiled('npm ci --ignore-scripts', 'npm ci'))).toHaveLength(1);
  expect(policy.unlockedInstalls(spoiled('--omit=dev', ''))).toHaveLength(1);
  expect(policy.unlockedInstalls(OURS)).toEqual([]);
});

test('a shell between the signal and the program is found', () => {
  expect(policy.shellForms(spoiled(/^ENTRYPOINT .*$/m, 'ENTRYPOINT node dist/main.js'))).toHaveLength(1);
  expect(policy.shellForms(spoiled(/^CMD .*$/m, ''))).toHaveLength(1);
  expect(policy.shellForms(OURS)).toEqual([]);
});

test('a setting that is gone is found', () => {
  expect(policy.missingSettings(spoiled('NODE_ENV=production', 'NODE_ENV=test'))).toHaveLength(1);
  expect(policy.missingSettings(spoiled('STOPSIGNAL SIGINT', 'STOPSIGNAL SIGKILL'))).toHaveLength(1);
  expect(policy.missingSettings(spoiled(/^VOLUME .*$/m, ''))).toHaveLength(1);
  expect(policy.missingSettings(OURS)).toEqual([]);
});

test('a working folder its user cannot write is found', () => {
  expect(policy.readOnlyFolder(spoiled('--chown=65532:65532 ', ''))).toHaveLength(1);
  expect(policy.readOnlyFolder(spoiled('WORKDIR /data', 'WORKDIR /app'))).toHaveLength(1);
  expect(policy.readOnlyFolder(OURS)).toEqual([]);
});

test('a context that lets in too much or too little is found', () => {
  expect(policy.contextProblems(OURS, 'node_modules\n')).not.toEqual([]);
  expect(policy.contextProblems(OURS, IGNORE.replace('!src\n', ''))).toEqual([
    'COPY src: kept out by .dockerignore',
  ]);
  expect(policy.contextProblems(OURS, `${IGNORE}!runs\n`)).toEqual(['!runs: never copied']);
  expect(policy.contextProblems(OURS, IGNORE)).toEqual([]);
});

test('stages on different versions of Node are found', () => {
  expect(policy.mixedVersions(spoiled('nodejs24-debian12', 'nodejs22-debian12'))).toHaveLength(1);
  expect(policy.mixedVersions(OURS)).toEqual([]);
});

test('what it copies exists', () => {
  const allowed = IGNORE.split('\n').filter((line) => line.startsWith('!'));
  for (const line of allowed) expect(existsSync(join(ROOT, line.slice(1))), line).toBe(true);
});
