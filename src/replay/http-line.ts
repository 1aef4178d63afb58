/** A kept HTTP connection as a line of a calibration: the same request again and again. It must not retry what was refused. */

import type { Recorder } from '../measure/recorder.ts';
import { HttpConnection, type HttpRequest, type HttpSettings } from '../protocol/http/connection.ts';
import type { Line, LineAnswer } from './paced.ts';

export interface HttpLineSettings {
  readonly http: HttpSettings;
  readonly recorder: Recorder;
  /** `{n}` in its path is the number of the operation. */
  readonly request: HttpRequest;
  readonly firstOperation: number;
}

const NUMBER = '{n}';

/** A line and how to end it. */
export class HttpLine implements Line {
  readonly failure = 'not opened';
  readonly #settings: HttpLineSettings;
  readonly #connection: HttpConnection;
  readonly #isNumbered: boolean;

  constructor(settings: HttpLineSettings) {
    this.#settings = settings;
    this.#connection = new HttpConnection(settings.http);
    this.#isNumbered = settings.request.path.includes(NUMBER);
  }

  submit(index: number, done: (answer: LineAnswer) => void): void {
    const { recorder, request, firstOperation } = this.#settings;
    const path = (): string => request.path.replaceAll(NUMBER, String(firstOperation + index));
    this.#connection.send(this.#isNumbered ? { ...request, path: path() } : request, (answer) => {
      recorder.accepted(answer.bodyBytes);
      done(answer);
    });
  }

  /** Gives up for good: what is under way ends at once. */
  abandon(): void {
    this.#connection.destroy();
  }

  close(): Promise<void> {
    this.#connection.destroy();
    return Promise.resolve();
  }
}
