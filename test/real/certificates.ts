/** The lab's own certificate authority and the one certificate it signs, made by the openssl command. Nothing trusts it but tests. */

import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes a CA and a leaf for localhost, 127.0.0.1 and `hostname`, good for two days. */
export async function makeCertificates(folder: string, hostname: string): Promise<Certificates> {
  const settings = join(folder, 'openssl.cnf');
  const caKey = join(folder, 'ca-key.pem');
  const files: Certificates = {
    ca: join(folder, 'ca.pem'),
    certificate: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
  };
  // A settings file of our own: the system's may add extensions that make the CA's or the leaf's twice.
  await writeFile(
    settings,
    `[req]
distinguished_name = name
prompt = no
[name]
CN = ${hostname}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, DNS:${hostname}, IP:127.0.0.1
`,
  );
  const fresh = ['req', '-x509', '-config', settings, '-days', '2', '-nodes', '-newkey', 'ec'];
  const curve = ['-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const authority = ['-extensions', 'authority', '-subj', '/CN=replystorm lab CA'];
  await run('openssl', [...fresh, ...curve, ...authority, '-keyout', caKey, '-out', files.ca]);
  const signedBy = ['-extensions', 'leaf', '-CA', files.ca, '-CAkey', caKey];
  await run('openssl', [...fresh, ...curve, ...signedBy, '-keyout', files.key, '-out', files.certificate]);
  // Dovecot reads the key as an unprivileged user. It guards nothing: it lives as long as the lab.
  await chmod(files.key, 0o644);
  return files;
}
