/** Sends a run's figures to an OTLP receiver every few seconds and once more at the end. One request at a time, none kept for later; a receiver that fails never ends a run. */

import { request } from 'undici';

/** Between two pushes. */
const EVERY_MS = 10_000;

/** A receiver that takes longer has failed this time. */
const ANSWER_MS = 10_000;

/** The last push may make the end of a run wait so long. */
const LAST_MS = 5_000;

/** An answer is a short message or nothing. */
const ANSWER_BYTES = 65_536;

export interface OtlpPushSettings {
  /** Up to and without `/v1/metrics`. The caller has made sure that it may be spoken to. */
  readonly endpoint: string;
  /** The request's body as of now. */
  readonly body: () => string;
  /** Told when pushes begin to fail and when they arrive again, not of each. */
  readonly say: (line: string) => void;
  readonly everyMs?: number;
  /** How long `close` may take. */
  readonly lastMs?: number;
}

/** Pushes from `start` to `close`. */
export class OtlpPush {
  readonly #settings: OtlpPushSettings;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  #failing = false;
  readonly #hurry = new AbortController();

  constructor(settings: OtlpPushSettings) {
    this.#settings = settings;
  }

  start(): void {
    // A push that still waits for its answer when the next is due stands for it: figures count from the run's start.
    this.#timer = setInterval(() => {
      this.#underWay ??= this.#push(ANSWER_MS, this.#hurry.signal).finally(() => {
        this.#underWay = undefined;
      });
    }, this.#settings.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  /** Pushes the last figures, after what is under way; a receiver that holds that up for half of the time is left waiting. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { lastMs = LAST_MS } = this.#settings;
    const timer = setTimeout(() => this.#hurry.abort(), lastMs / 2);
    await this.#underWay;
    clearTimeout(timer);
    await this.#push(lastMs / 2, undefined);
  }

  async #push(patienceMs: number, hurry: AbortSignal | undefined): Promise<void> {
    const url = `${this.#settings.endpoint}/v1/metrics`;
    const problem = await send(url, this.#settings.body(), patienceMs, hurry);
    const { say } = this.#settings;
    if (problem !== undefined && !this.#failing) say(`otlp: ${problem}; the run goes on without`);
    if (problem === undefined && this.#failing) say('otlp: pushes arrive again');
    this.#failing = problem !== undefined;
  }
}

/** One push; words say why it failed. Redirects are not followed, so it stays with the address that was let through. */
async function send(
  url: string,
  body: string,
  patienceMs: number,
  hurry: AbortSignal | undefined,
): Promise<string | undefined> {
  const patience = AbortSignal.timeout(patienceMs);
  const signal = hurry === undefined ? patience : AbortSignal.any([patience, hurry]);
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
    });
    let text = '';
    for await (const chunk of answer.body) {
      text += String(chunk);
      if (text.length > ANSWER_BYTES) return 'the receiver answered with more than 64 KB';
    }
    if (answer.statusCode !== 200) return `the receiver answered ${answer.statusCode}`;
    const rejected = rejectedIn(text);
    return rejected === undefined ? undefined : `the receiver rejected ${rejected}`;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (hurry?.aborted === true) return 'no answer from the receiver before the run was over';
    return name === 'TimeoutError'
      ? `no answer from the receiver within ${patienceMs / 1_000} s`
      : `no connection to the receiver (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** A receiver may take a part only (`partialSuccess`) and still answer 200. */
function rejectedIn(text: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { partialSuccess } = (answer ?? {}) as {
    partialSuccess?: { rejectedDataPoints?: string | number; errorMessage?: string };
  };
  const count = Number(partialSuccess?.rejectedDataPoints ?? 0);
  if (!(count > 0)) return undefined;
  return `${count} of the figures (${(partialSuccess?.errorMessage ?? 'no reason given').slice(0, 200)})`;
}
