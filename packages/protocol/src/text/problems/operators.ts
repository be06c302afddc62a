import { row } from './row.ts'

/** Operators, their sessions, and what they watch. */
export const OPERATOR_PROBLEMS = {
  'live.too-many-streams': row(
    429,
    'This session has too many windows open that update by themselves.',
  ),
  'webhook.not-found': row(404, 'There is no such webhook.'),
  'finding.not-found': row(404, 'There is no such finding.'),
  'operator.credentials-wrong': row(401, 'The name or password is wrong.'),
  'operator.not-signed-in': row(401, 'You are not signed in.'),
  'operator.permission-missing': row(403, 'Your role does not allow this.'),
  'operator.locked': row(429, 'Too many failed sign-ins; wait before the next.', true),
  'operator.one-time-password-ended': row(401, 'The one-time password has expired.'),
  'operator.password-weak': row(400, 'The password is too short, common or easily guessed.'),
  'operator.invitation-ended': row(410, 'The link was used, was replaced or has expired.'),
  'operator.not-yourself': row(409, 'Another administrator must do this to your account.'),
  'operator.is-disabled': row(409, 'The operator is disabled.'),
  'operator.session-not-found': row(404, 'There is no such session.'),
  'operator.request-forged': row(403, 'The request did not come from this portal.'),
  'operator.password-change-required': row(403, 'You must change your password first.'),
  'operator.not-found': row(404, 'There is no such operator.'),
  'operator.duplicate': row(409, 'An operator with this name exists.'),
  'operator.last-administrator': row(
    409,
    'The last administrator who can sign in cannot be disabled, reset or given another role.',
  ),
} as const
