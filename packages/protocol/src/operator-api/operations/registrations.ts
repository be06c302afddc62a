import {
  ApprovalDecision,
  ApprovalList,
  ApprovalQuery,
  RefusalList,
  RefusalQuery,
  RegistrationCounts,
} from '../registration.ts'
import { operation } from '../operation.ts'

/** Registrations that wait for a decision, and those that were refused. */

const tag = 'registrations'
const access = 'registration:read'

export const REGISTRATION_OPERATIONS = {
  listApprovals: operation('GET /approvals', {
    access,
    tag,
    summary: 'List registrations that wait',
    description: 'Registrations that an operator must decide, the oldest first, page by page.',
    query: ApprovalQuery,
    answer: ApprovalList,
  }),
  decideApproval: operation('POST /approvals/:requestId/decide', {
    access: 'registration:decide',
    tag,
    summary: 'Decide a registration',
    description: 'An approved device gets its certificate when it asks again.',
    body: ApprovalDecision,
    problems: ['approval.not-found', 'request.conflict'],
  }),
  listRefusals: operation('GET /refusals', {
    access,
    tag,
    summary: 'List refused registrations',
    description: 'Claims that were refused or quarantined, with the evidence, page by page.',
    query: RefusalQuery,
    answer: RefusalList,
  }),
  countRegistrations: operation('GET /registrations/counts', {
    access,
    tag,
    summary: 'Count registrations',
    description: 'How many wait, were refused within a day, or are in quarantine.',
    answer: RegistrationCounts,
  }),
} as const
