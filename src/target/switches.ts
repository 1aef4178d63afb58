/** The table of misbehaviours that the embedded target can be told to show. Data and look-ups only. */

/** What to do wrong on purpose. Addresses are compared without regard to case. */
export interface TargetSwitches {
  /** Recipients refused at RCPT with 550 5.1.1, accounts or not. */
  readonly refuseRecipients: readonly string[];
  /** Members to whom a list message is never delivered, and nobody is told. */
  readonly listMisses: readonly string[];
  /** Mail that lies in the INBOX before the run and bears nobody's run id. */
  readonly foreign: readonly { readonly address: string; readonly count: number }[];
  /** Accounts that answer the envelope sender of every delivered message with an auto-reply (RFC 3834). */
  readonly autoReply: readonly string[];
  /** Accounts accepted at RCPT whose copy then comes back as a delivery status notification (RFC 3464). */
  readonly bounceRecipients: readonly string[];
  /** IMAP capabilities neither announced nor served, in capitals: `MOVE`, `UIDPLUS`, `IDLE`. */
  readonly hiddenCapabilities?: readonly string[];
  /** What JMAP's filters by text answer; they work unless this says otherwise. `header` always does. */
  readonly jmapSubjectFilter?: SubjectFilter;
  /** Event sources stay open and tell of no change. */
  readonly jmapNeverPushes?: boolean;
}

/** A server without a search index fails, or finds nothing and says so with a straight face. */
export type SubjectFilter = 'works' | 'finds nothing' | 'fails';

/** A target that behaves. */
export const NO_SWITCHES: TargetSwitches = {
  refuseRecipients: [],
  listMisses: [],
  foreign: [],
  autoReply: [],
  bounceRecipients: [],
};

/** The same table, ready to be asked once a copy. */
export interface Misbehaviour {
  readonly refuses: ReadonlySet<string>;
  readonly misses: ReadonlySet<string>;
  readonly autoReplies: ReadonlySet<string>;
  readonly bounces: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
  readonly subjectFilter: SubjectFilter;
  readonly pushes: boolean;
}

export function readSwitches(switches: TargetSwitches): Misbehaviour {
  return {
    refuses: addressSet(switches.refuseRecipients),
    misses: addressSet(switches.listMisses),
    autoReplies: addressSet(switches.autoReply),
    bounces: addressSet(switches.bounceRecipients),
    hidden: new Set(switches.hiddenCapabilities),
    subjectFilter: switches.jmapSubjectFilter ?? 'works',
    pushes: switches.jmapNeverPushes !== true,
  };
}

function addressSet(addresses: readonly string[]): ReadonlySet<string> {
  return new Set(addresses.map((address) => address.toLowerCase()));
}
