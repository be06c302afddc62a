import Type from 'typebox'
import { Count, Instant, Sha256, Uuid } from '../../text/fields.ts'
import { Code, Reason, on } from './row.ts'
import { TWO_PERSON_KINDS } from '../proposals.ts'

/** Operations that two people decide. The effect follows in the record, in the name of the proposer. */

/** The operation by its id, and the SHA-256 of its canonical form. */
const proposal = { proposalId: Uuid, operation: Code, digest: Sha256 }

export const PROPOSAL_EVENTS = {
  'proposal.made': on({
    ...proposal,
    kind: Type.Enum(TWO_PERSON_KINDS),
    devices: Count,
    expiresAt: Instant,
  }),
  'proposal.confirmed': on({
    ...proposal,
    proposedBy: Uuid,
    devices: Count,
    carryOutAt: Instant,
  }),
  /** One person acted alone, because nobody else could confirm. */
  'proposal.glass-broken': on({ ...proposal, devices: Count, reason: Reason }),
  /** In one transaction with the effect. */
  'proposal.carried-out': on({ ...proposal, proposedBy: Uuid, confirmedBy: Uuid }),
  'proposal.failed': on({ ...proposal, code: Code }),
  'proposal.reconsidered': on({ ...proposal, devices: Count }),
  'proposal.withdrawn': on(proposal),
  'proposal.declined': on({ ...proposal, proposedBy: Uuid }),
  'proposal.expired': on(proposal),
  'proposal.superseded': on({ ...proposal, by: Uuid }),
  'two-person-rules.changed': on({
    kinds: Type.Array(Type.Enum(TWO_PERSON_KINDS), { maxItems: TWO_PERSON_KINDS.length }),
    validHours: Count,
    delayMinutes: Count,
  }),
} as const
