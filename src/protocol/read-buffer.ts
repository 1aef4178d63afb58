/** The one buffer that all plain sockets of a thread read into. Whoever is handed bytes of it is done with them, or has copied them, when he returns. */

/** What libuv reads at once. */
const READ_BYTES = 65_536;

let buffer: Buffer | undefined;

/** Made at the first need. */
export function readBuffer(): Buffer {
  buffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
  return buffer;
}
