import Type from 'typebox'
import { POLICY_SCOPES } from '../../domain/policy-scopes.ts'
import { Uuid } from '../../text/fields.ts'
import {
  NewPolicy,
  NewPolicyAssignment,
  PolicyChange,
  PolicyList,
  PolicyPreview,
  PolicySettingsBody,
  PolicyView,
} from '../policies.ts'
import { operation } from '../operation.ts'

/** How long keys live, and how devices check in. */

const tag = 'policies'
const access = 'policy:manage'
const problems = ['policy.not-found'] as const
/** Targets of an assignment, and the other change that came first. */
const targetProblems = [
  ...problems,
  'device.not-found',
  'group.not-found',
  'model.not-found',
  'request.conflict',
] as const

export const POLICY_OPERATIONS = {
  listPolicies: operation('GET /policies', {
    access: 'policy:read',
    tag,
    summary: 'List policies',
    description: 'Every policy, with its latest settings and for how many devices it holds.',
    answer: PolicyList,
  }),
  createPolicy: operation('POST /policies', {
    access,
    tag,
    summary: 'Create a policy',
    description: 'The policy holds for no device until it is assigned.',
    body: NewPolicy,
    answer: PolicyView,
    status: 201,
    location: '/policies/:policyId',
    problems: ['policy.duplicate', 'policy.settings-refused'],
  }),
  readPolicy: operation('GET /policies/:policyId', {
    access: 'policy:read',
    tag,
    summary: 'Read a policy',
    description: 'One policy, with all its versions and assignments.',
    answer: PolicyView,
    problems,
  }),
  previewPolicy: operation('POST /policies/:policyId/preview', {
    access: 'policy:read',
    tag,
    summary: 'Preview a change of a policy',
    description: 'What other settings would mean for the devices of the policy. Changes nothing.',
    body: PolicySettingsBody,
    answer: PolicyPreview,
    problems: [...problems, 'policy.settings-refused'],
  }),
  changePolicy: operation('POST /policies/:policyId/versions', {
    access,
    tag,
    summary: 'Change a policy',
    description: 'Makes a new version, which holds from the next check-in of each device.',
    body: PolicyChange,
    answer: PolicyView,
    problems: [...problems, 'policy.settings-refused', 'policy.duplicate', 'request.conflict'],
    isForTwo: true,
  }),
  assignPolicy: operation('POST /policies/:policyId/assignments', {
    access,
    tag,
    summary: 'Assign a policy',
    description: 'The policy holds for the fleet, a model, a group or a device.',
    body: NewPolicyAssignment,
    answer: PolicyView,
    problems: targetProblems,
    isForTwo: true,
  }),
  unassignPolicy: operation('DELETE /policies/:policyId/assignments/:scope/:targetId', {
    access,
    tag,
    summary: 'End an assignment of a policy',
    description: 'The next wider policy holds for these devices.',
    params: {
      scope: Type.Enum(POLICY_SCOPES),
      // `all` for the whole fleet.
      targetId: Type.Union([Uuid, Type.Literal('all')]),
    },
    answer: PolicyView,
    problems: targetProblems,
    isForTwo: true,
  }),
} as const
