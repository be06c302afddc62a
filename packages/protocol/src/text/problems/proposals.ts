import { row } from './row.ts'

/** Operations that two people decide. */
export const PROPOSAL_PROBLEMS = {
  'proposal.not-found': row(404, 'There is no such proposal.'),
  'proposal.state-refused': row(
    409,
    'The proposal has been decided, or its state does not allow this.',
  ),
  'proposal.own': row(403, 'You proposed this yourself; a second person must confirm it.'),
  'proposal.not-your-own': row(403, 'Only the person who proposed this may do that.'),
  'proposal.about-yourself': row(403, 'You cannot confirm a change of your own account.'),
  'proposal.proposer-may-not': row(
    409,
    'The person who proposed this was disabled or may no longer do it.',
  ),
  'proposal.confirmer-may-not': row(
    409,
    'The person who confirmed this was disabled or may no longer do so.',
  ),
  'proposal.not-independent': row(
    403,
    'One of the two people changed the account of the other within the last three days.',
  ),
  'proposal.digest-mismatch': row(409, 'The digest is not that of this proposal.'),
  'proposal.radius-changed': row(
    409,
    'The operation touches more now than what you were shown; look at it again.',
  ),
  'proposal.glass-refused': row(403, 'Another person can confirm this; you may not act alone.'),
  'proposal.interrupted': row(500, 'The server stopped before the operation was carried out.'),
  'proposal.too-many-pending': row(429, 'Too many of your proposals wait already.'),
} as const
