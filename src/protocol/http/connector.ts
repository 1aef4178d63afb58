/** Opens sockets for undici, to the pinned address of an approved endpoint and to no other, whatever it is asked for. */

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type buildConnector, Client } from 'undici';
import type { ConnectionSettings } from '../connect.ts';
import type { Ending } from '../ending.ts';
import { handshakeOptions, type Trust, trustProblem } from '../trust.ts';
import { DirectReads } from './direct-reads.ts';

/** Why a request goes no further: what undici is given, and hands back to the request's exchange. */
export class CutShort extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending.text);
    this.ending = ending;
  }
}

/** One connection at a time, which can be given up while it opens. */
export class Connector {
  readonly #settings: ConnectionSettings;
  readonly #trust: Trust;
  #cancel: ((ending: Ending) => void) | undefined;
  /** What the last opening made, in use or not. */
  #socket: Socket | undefined;
  /** Read over connections before that one. */
  #readBefore = 0;
  #isSecure = false;

  constructor(settings: ConnectionSettings) {
    const { endpoint, ca, serverName, tlsInsecure } = settings;
    this.#settings = settings;
    this.#trust = { serverName: serverName ?? endpoint.host, ca, insecure: tlsInsecure };
  }

  /** Octets read from the server, over all connections so far: under TLS as they came over the wire. */
  get bytesRead(): number {
    return this.#readBefore + (this.#socket?.bytesRead ?? 0);
  }

  /** The connection that stands, or stood last, is under TLS. */
  get isSecure(): boolean {
    return this.#isSecure;
  }

  /** What undici calls. The host it names is not looked at: only the guard says where a socket may lead. */
  readonly connect = (_: buildConnector.Options, done: buildConnector.Callback): void => {
    let socket: Socket;
    const over = (error: Error | undefined): void => {
      if (this.#cancel !== cancel) return;
      this.#cancel = undefined;
      if (error === undefined) {
        this.#isSecure = 'encrypted' in socket;
        return done(null, socket);
      }
      socket?.destroy();
      done(error, null);
    };
    const cancel = (ending: Ending): void => over(new CutShort(ending));
    this.#cancel = cancel;
    try {
      socket = this.#open(() => over(undefined));
    } catch (error) {
      // A bundle that OpenSSL cannot read is an operator's mistake, told like any other.
      return cancel({ kind: 'tls', text: `the certificates of --tls-ca cannot be read: ${String(error)}` });
    }
    socket.on('error', (error: NodeJS.ErrnoException) => cancel(this.#endingOf(error, socket)));
    socket.once('close', () => cancel({ kind: 'closed', text: 'connection closed while it was opened' }));
  };

  /** Ends an opening that is under way; false where there is none. */
  giveUp(ending: Ending): boolean {
    if (this.#cancel === undefined) return false;
    this.#cancel(ending);
    return true;
  }

  #open(opened: () => void): Socket {
    const { endpoint, localAddress } = this.#settings;
    const options = {
      port: endpoint.port,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    };
    // Under TLS the socket's bytes are not what undici reads.
    const reads = endpoint.tls === 'implicit' ? undefined : new DirectReads();
    const plain = connectTcp({
      ...options,
      host: endpoint.address,
      ...(reads === undefined ? {} : { onread: reads.onread }),
    });
    reads?.serve(plain);
    this.#readBefore = this.bytesRead;
    this.#socket = plain;
    if (reads !== undefined) return plain.once('connect', opened);
    // `handshakeOptions` names the host for the certificate's sake: the address is where the socket went.
    const secure = connectTls({
      ...handshakeOptions(this.#trust),
      socket: plain,
      ALPNProtocols: ['http/1.1'],
    });
    plain.on('error', (error) => secure.destroy(error));
    return secure.once('secureConnect', opened);
  }

  #endingOf(error: NodeJS.ErrnoException, socket: Socket): Ending {
    const isRefused = error.syscall === 'connect' || error.syscall === 'bind';
    if (isRefused || !('encrypted' in socket)) {
      return { kind: 'refused', text: `cannot connect: ${error.message}` };
    }
    return { kind: 'tls', text: trustProblem(error, this.#trust) };
  }
}

/** An idle connection is kept until the server closes it, or says in Keep-Alive that it will. */
const KEPT_MS = 3_600_000;

/** undici's client of one connection at a time, which knows no deadline: ours are for the whole answer, and a drip of bytes extends none. */
export function clientOf(
  { endpoint }: ConnectionSettings,
  connector: Connector,
  headerBytes: number,
): Client {
  const scheme = endpoint.tls === 'implicit' ? 'https' : 'http';
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return new Client(`${scheme}://${host}:${endpoint.port}`, {
    connect: connector.connect,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEPT_MS,
    keepAliveMaxTimeout: KEPT_MS,
    maxHeaderSize: headerBytes,
    allowH2: false,
  });
}
