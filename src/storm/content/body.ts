/** What stands below a message's headers, and the headers that say how to read it (RFC 2045, 2046, 2387). A function of plan and message. */

import { ID_DOMAIN } from '../numbering.ts';
import type { PlannedMessage } from '../journey.ts';
import type { Plan } from '../plan.ts';
import { randomStream } from '../../random.ts';
import { HtmlThreads } from './html.ts';
import { base64Bytes, base64Lines, pictureBytes, pictureOf, pictureSizes } from './picture.ts';
import { SIGNATURE } from './sayings.ts';
import { plainLines, Threads } from './thread.ts';

const CLINICAL_BODY = [
  'This is a synthetic clinical message of a rehearsal. It holds no data about anybody.',
  'Sample received, analysed and authorised. Please review the values in the attached table.',
  'Haemoglobin 132 g/L   White cells 6.1 10^9/L   Platelets 240 10^9/L',
];

const ORDINARY_BODY = [
  'Hello,',
  '',
  'as discussed, please find the details below. No answer needed.',
  '',
  'Kind regards',
];

const PLAIN_FIELDS = ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'];
const HTML_FIELDS = ['Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'];

/** A body, its own header fields apart. A number among the pieces stands for a picture: many messages share its bytes. */
export interface Body {
  readonly fields: readonly string[];
  readonly pieces: readonly (string | { readonly picture: number })[];
}

/** Makes bodies, and keeps what messages share: people's words, a few pictures. */
export class Bodies {
  readonly #plan: Plan;
  readonly #threads: Threads;
  readonly #html = new HtmlThreads();
  readonly #pictures = new Map<number, Buffer>();
  #sizes: readonly number[] | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#threads = new Threads(plan);
  }

  of(message: PlannedMessage): Body {
    if (message.class === 'clinical') return plainBody([...CLINICAL_BODY, '', ...SIGNATURE]);
    if (message.class === 'bystander') return plainBody([...ORDINARY_BODY, '', ...SIGNATURE]);
    const parts = this.#threads.partsOf(message.number);
    const text = plainLines(parts);
    const { html = 0, pictures } = this.#plan.profile.content ?? {};
    const picture = pictureOf(pictures, this.#plan.seed, message);
    if (picture === undefined && !this.#isHtml(message, html)) return plainBody(text);
    const mark = `${this.#plan.seed.toString(36)}-${message.number.toString(36)}`;
    const image = picture === undefined ? undefined : `picture.${mark}@${ID_DOMAIN}`;
    const both = alternative(mark, text, this.#html.encoded(parts, image));
    if (picture === undefined || image === undefined) return both;
    return related(mark, both, image, picture);
  }

  /** A body's bytes; a picture is made at its first use. */
  bytesOf({ pieces }: Body): readonly Buffer[] {
    return pieces.map((piece) =>
      typeof piece === 'string' ? Buffer.from(piece, 'utf8') : this.#picture(piece.picture),
    );
  }

  /** Their number; no picture is made for it. */
  sizeOf({ pieces }: Body): number {
    let size = 0;
    for (const piece of pieces)
      size +=
        typeof piece === 'string' ? Buffer.byteLength(piece) : base64Bytes(this.#pictureSize(piece.picture));
    return size;
  }

  #isHtml({ number, role }: PlannedMessage, share: number): boolean {
    if (share <= 0 || role === 'blast' || role === 'ordinary') return false;
    return randomStream(this.#plan.seed, 'reply.html', number).uniform() < share;
  }

  #picture(picture: number): Buffer {
    const known = this.#pictures.get(picture);
    if (known !== undefined) return known;
    const lines = base64Lines(pictureBytes(this.#pictureSize(picture), this.#plan.seed, picture));
    this.#pictures.set(picture, lines);
    return lines;
  }

  #pictureSize(picture: number): number {
    const block = this.#plan.profile.content?.pictures;
    this.#sizes ??= block === undefined ? [] : pictureSizes(block, this.#plan.seed);
    return this.#sizes[picture] ?? 0;
  }
}

function plainBody(lines: readonly string[]): Body {
  return { fields: PLAIN_FIELDS, pieces: [`${lines.join('\r\n')}\r\n`] };
}

/** The same twice (RFC 2046 §5.1.4). A boundary cannot occur in quoted-printable or base64: it holds "=_". */
function alternative(mark: string, text: readonly string[], html: string): Body {
  const boundary = `=_rs-${mark}-a`;
  const open = (fields: readonly string[]): string => `--${boundary}\r\n${fields.join('\r\n')}\r\n\r\n`;
  return {
    fields: [`Content-Type: multipart/alternative;\r\n boundary="${boundary}"`],
    pieces: [
      `${open(PLAIN_FIELDS)}${text.join('\r\n')}\r\n${open(HTML_FIELDS)}${html}\r\n--${boundary}--\r\n`,
    ],
  };
}

/** A picture that the HTML shows (RFC 2387, RFC 2392). */
function related(mark: string, both: Body, image: string, picture: number): Body {
  const boundary = `=_rs-${mark}-r`;
  const name = `picture-${picture + 1}.png`;
  const fields = [
    `Content-Type: image/png; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    `Content-ID: <${image}>`,
    `Content-Disposition: inline; filename="${name}"`,
  ];
  return {
    fields: [`Content-Type: multipart/related; type="multipart/alternative";\r\n boundary="${boundary}"`],
    pieces: [
      `--${boundary}\r\n${both.fields.join('\r\n')}\r\n\r\n`,
      ...both.pieces,
      `--${boundary}\r\n${fields.join('\r\n')}\r\n\r\n`,
      { picture },
      `--${boundary}--\r\n`,
    ],
  };
}
