/** The lab's Cyrus 3.6 as configuration text: IMAP and LMTP, its users in a file of their own, nothing as root. Text only. */

/** Everything Cyrus needs to be told about one lab. */
export interface CyrusSettings {
  /** Configuration, locks and sockets; in memory if there is room. */
  readonly root: string;
  /** Where imapd lies: Debian's package of it conflicts with Dovecot's, so it may be unpacked beside the system. */
  readonly imapd: string;
  readonly user: string;
  readonly group: string;
  readonly domain: string;
  readonly imapPort: number;
  readonly lmtpPort: number;
  /** JMAP over HTTP in plain text; none unless asked for. */
  readonly httpPort: number | undefined;
  readonly certificate: string;
  readonly key: string;
  /** Lines put last in imapd.conf; one that sets the same name replaces ours (Cyrus refuses to read a name twice). */
  readonly extra: readonly string[];
}

/** Whom Cyrus lets act for anybody (authzid, RFC 4616). */
export const PROXY_LOGIN = 'proxyadmin';

/** What JMAP needs beside; Debian's httpd has it built in. */
const JMAP: readonly (readonly [string, string])[] = [
  ['httpmodules', 'jmap'],
  ['conversations', 'yes'],
  ['conversations_db', 'twoskip'],
  ['jmap_nonstandard_extensions', 'yes'],
  ['autocreate_inbox_folders', 'Drafts|Trash|Junk'],
  ['autocreate_subscribe_folders', 'Drafts|Trash|Junk'],
  ['xlist-drafts', 'Drafts'],
];

/** imapd.conf. */
export function imapdConf(lab: CyrusSettings): string {
  const lines = settings(lab);
  if (lab.httpPort !== undefined) for (const [name, value] of JMAP) lines.set(name, value);
  for (const line of lab.extra) {
    const at = line.indexOf(':');
    lines.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  return `${[...lines].map(([name, value]) => `${name}: ${value}`).join('\n')}\n`;
}

function settings(lab: CyrusSettings): Map<string, string> {
  return new Map([
    ['configdirectory', `${lab.root}/conf`],
    ['defaultpartition', 'default'],
    ['partition-default', `${lab.root}/spool`],
    ['cyrus_user', lab.user],
    ['cyrus_group', lab.group],
    ['admins', PROXY_LOGIN],
    ['proxyservers', PROXY_LOGIN],
    ['servername', `mail.${lab.domain}`],
    ['virtdomains', 'userid'],
    ['defaultdomain', lab.domain],
    ['unixhierarchysep', 'yes'],
    ['altnamespace', 'yes'],
    ['allowplaintext', 'yes'],
    ['sasl_mech_list', 'PLAIN LOGIN'],
    ['sasl_pwcheck_method', 'auxprop'],
    ['sasl_auxprop_plugin', 'sasldb'],
    ['sasl_sasldb_path', `${lab.root}/sasldb2`],
    ['autocreate_quota', '0'],
    ['autocreate_users', 'anyone'],
    ['autocreate_post', 'yes'],
    ['autocreate_inbox_folders', 'Trash|Junk'],
    ['autocreate_subscribe_folders', 'Trash|Junk'],
    ['xlist-trash', 'Trash'],
    ['xlist-junk', 'Junk'],
    ['lmtpsocket', `${lab.root}/sock/lmtp`],
    ['idlesocket', `${lab.root}/sock/idle`],
    ['notifysocket', `${lab.root}/sock/notify`],
    ['mboxname_lockpath', `${lab.root}/conf/lock`],
    ['proc_path', `${lab.root}/conf/proc`],
    ['duplicatesuppression', 'no'],
    ['delete_mode', 'immediate'],
    ['expunge_mode', 'immediate'],
    ['skiplist_unsafe', 'yes'],
    ['tls_server_cert', lab.certificate],
    ['tls_server_key', lab.key],
    ['syslog_prefix', 'replystormlab'],
    // idled is not started: imapd then looks for news itself, once a second.
    ['imapidlepoll', '1'],
  ]);
}

/** cyrus.conf: the services that master keeps. */
export function cyrusConf(lab: CyrusSettings): string {
  const conf = `${lab.root}/imapd.conf`;
  const http =
    lab.httpPort === undefined
      ? ''
      : `  http cmd="/usr/lib/cyrus/bin/httpd -C ${conf} -U 1000" listen="127.0.0.1:${lab.httpPort}" prefork=2 maxchild=500\n`;
  return `START {
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C ${conf} -r"
}
SERVICES {
  imap cmd="${lab.imapd} -C ${conf} -U 1000" listen="127.0.0.1:${lab.imapPort}" prefork=2 maxchild=500
  lmtp cmd="/usr/lib/cyrus/bin/lmtpd -C ${conf} -a" listen="127.0.0.1:${lab.lmtpPort}" prefork=1 maxchild=50
${http}}
EVENTS {
  checkpoint cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C ${conf} -c" period=30
}
`;
}

/**
 * Input of db5.3_load -T: the passwords, keyed as SASL's sasldb plugin looks them up (user, realm, property). A name
 * signs in under the default domain or, where Cyrus strips that, under the server's own.
 */
export function passwords(users: readonly string[], domain: string, password: string): string {
  const realms = [domain, `mail.${domain}`];
  return users
    .flatMap((user) => realms.map((realm) => `${user}\\00${realm}\\00userPassword\n${password}\n`))
    .join('');
}
