/** The lab's Postfix, as configuration text: a list, STARTTLS, AUTH through Dovecot, and no way out of this machine. Text only. */

/** Everything Postfix needs to be told about one lab. */
export interface PostfixSettings {
  /** Postfix's own folder: configuration, spool, data, log. */
  readonly root: string;
  readonly domain: string;
  readonly smtpPort: number;
  readonly submitPort: number;
  readonly lmtpPort: number;
  readonly saslSocket: string;
  readonly certificate: string;
  readonly key: string;
  readonly extra: readonly string[];
}

/** main.cf. */
export function mainCf(lab: PostfixSettings): string {
  return `compatibility_level = 3.6
config_directory = ${lab.root}/etc
queue_directory = ${lab.root}/spool
data_directory = ${lab.root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${lab.root}/maillog
maillog_file_prefixes = ${lab.root}
myhostname = mail.${lab.domain}
mydomain = ${lab.domain}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_host_lookup = native
biff = no
append_dot_mydomain = no
alias_maps =
alias_database =
notify_classes =
# Nothing leaves this machine, whatever it is asked: no relaying at RCPT, and no route for what is already inside.
smtpd_relay_restrictions = reject_unauth_destination
default_transport = error:5.7.1 the lab keeps its mail to itself
relay_transport = error:5.7.1 the lab keeps its mail to itself
# Accounts and the list. The list is an alias: one message in, one copy a member out.
virtual_mailbox_domains = ${lab.domain}
virtual_mailbox_maps = hash:${lab.root}/etc/mailboxes
virtual_alias_maps = hash:${lab.root}/etc/virtual
virtual_transport = lmtp:inet:127.0.0.1:${lab.lmtpPort}
virtual_alias_expansion_limit = 200000
virtual_alias_recursion_limit = 1000
# A chaos run sends from one address: Postfix's per-client limits would measure themselves.
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_recipient_limit = 5000
smtpd_recipient_restrictions = permit_sasl_authenticated, permit_mynetworks, reject
default_destination_recipient_limit = 50
lmtp_destination_recipient_limit = 1000
lmtp_destination_concurrency_limit = 20
message_size_limit = 52428800
# What Dovecot put off is tried again in seconds, not in the usual five minutes: a test waits for an empty queue.
queue_run_delay = 5s
minimal_backoff_time = 5s
maximal_backoff_time = 30s
# TLS and AUTH.
smtpd_tls_cert_file = ${lab.certificate}
smtpd_tls_key_file = ${lab.key}
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${lab.saslSocket}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = no
${lab.extra.map((line) => `${line}\n`).join('')}`;
}

/** master.cf: two doors, and the usual rooms behind them, none in a chroot. */
export function masterCf(lab: PostfixSettings): string {
  return `127.0.0.1:${lab.smtpPort} inet n - n - 200 smtpd
127.0.0.1:${lab.submitPort} inet n - n - 200 smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
lmtp      unix  - - n - 20 lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`;
}

/** The source of the alias map: the list, and its members. */
export function aliasMap(list: string, members: readonly string[]): string {
  return members.length === 0 ? '' : `${list} ${members.join(', ')}\n`;
}

/** The source of the mailbox map: every account, and nothing else, so that a wrong address is refused at RCPT. */
export function mailboxMap(accounts: readonly string[]): string {
  return accounts.map((account) => `${account} 1\n`).join('');
}
