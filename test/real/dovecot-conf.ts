/** The lab's Dovecot 2.3, as configuration text: IMAP, LMTP and the sign-in Postfix asks, all as one unprivileged user. Text only. */

/** Everything Dovecot needs to be told about one lab. */
export interface DovecotSettings {
  /** Dovecot's own folder: sockets, state, log. */
  readonly root: string;
  readonly mailRoot: string;
  readonly user: string;
  readonly group: string;
  readonly password: string;
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
  readonly saslSocket: string;
  readonly certificate: string;
  readonly key: string;
  /** Quota rules by account. */
  readonly quotas: Readonly<Record<string, string>>;
  /** Lines put last. */
  readonly extra: readonly string[];
}

/** dovecot.conf. */
export function dovecotConf(lab: DovecotSettings): string {
  return [identity(lab), accounts(lab), services(lab), ...lab.extra, ''].join('\n');
}

function identity(lab: DovecotSettings): string {
  return `base_dir = ${lab.root}/run
state_dir = ${lab.root}/state
log_path = ${lab.root}/dovecot.log
instance_name = replystorm-lab
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = ${lab.user}
default_internal_group = ${lab.group}
default_login_user = ${lab.user}
first_valid_uid = 1
ssl = yes
ssl_cert = <${lab.certificate}
ssl_key = <${lab.key}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_fsync = never
`;
}

/** Where accounts with a quota are looked up, before those without. */
export function usersFile(lab: Pick<DovecotSettings, 'root'>): string {
  return `${lab.root}/users`;
}

/** The accounts with a quota, as a passwd-file. */
export function quotaUsers(lab: DovecotSettings): string {
  return Object.entries(lab.quotas)
    .map(([account, rule]) => {
      const home = `${lab.mailRoot}/${account.split('@')[0] ?? ''}`;
      return `${account}:::::${home}::userdb_uid=${lab.user} userdb_gid=${lab.group} userdb_quota_rule=${rule}\n`;
    })
    .join('');
}

function limited(lab: DovecotSettings): string {
  if (Object.keys(lab.quotas).length === 0) return '';
  return `mail_plugins = quota
plugin {
  quota = maildir:Mailbox
}
userdb {
  driver = passwd-file
  args = username_format=%u ${usersFile(lab)}
}
`;
}

/** Any name signs in with the one password; a mailbox is made at its first delivery, so ten thousand cost nothing. */
function accounts(lab: DovecotSettings): string {
  return `mail_location = maildir:${lab.mailRoot}/%n
${limited(lab)}passdb {
  driver = static
  args = password=${lab.password}
}
userdb {
  driver = static
  args = uid=${lab.user} gid=${lab.group} home=${lab.mailRoot}/%n allow_all_users=yes
}
namespace inbox {
  inbox = yes
  mailbox Trash {
    auto = create
    special_use = \\Trash
  }
  mailbox Junk {
    auto = create
    special_use = \\Junk
  }
}
lmtp_save_to_detail_mailbox = no
lmtp_rcpt_check_quota = no
mail_max_userip_connections = 2000
`;
}

/**
 * No service may chroot or change user: nobody here is root. The penalty Dovecot puts on an address whose sign-ins fail
 * is off (mode 0): everyone here shares one address, and one wrong password would slow all others by up to 15 s.
 */
function services(lab: DovecotSettings): string {
  return `service anvil {
  chroot =
  client_limit = 20000
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service auth {
  client_limit = 20000
  unix_listener auth-userdb {
    mode = 0666
  }
  unix_listener ${lab.saslSocket} {
    mode = 0666
  }
}
service imap-login {
  chroot =
  service_count = 0
  client_limit = 4000
  process_min_avail = 2
  inet_listener imap {
    port = ${lab.imapPort}
  }
  inet_listener imaps {
    port = ${lab.imapsPort}
    ssl = yes
  }
}
service imap {
  chroot =
  process_limit = 2000
  service_count = 1000
}
service lmtp {
  chroot =
  process_min_avail = 2
  process_limit = 50
  user = ${lab.user}
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lab.lmtpPort}
  }
}
`;
}
