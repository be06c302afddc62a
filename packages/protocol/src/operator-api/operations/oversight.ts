import Type from 'typebox'
import { AccessPage, AccessQuery } from '../access-log.ts'
import { EventPage, RecordQuery } from '../events.ts'
import { FindingCounts, FindingPage, FindingQuery, FindingView, SuppressBody } from '../findings.ts'
import { FollowerList } from '../followers.ts'
import { TrustView } from '../trust.ts'
import { CreatedWebhook, NewWebhook, WebhookList, WebhookView } from '../webhooks.ts'
import { operation } from '../operation.ts'

/** What the server found, recorded, sends on and stands on. */

const ofFinding = ['finding.not-found'] as const
const ofWebhook = ['webhook.not-found'] as const

export const OVERSIGHT_OPERATIONS = {
  listFindings: operation('GET /findings', {
    access: 'finding:read',
    tag: 'findings',
    summary: 'List findings',
    description: 'What the audit found and is not put right yet, the most severe first.',
    query: FindingQuery,
    answer: FindingPage,
  }),
  countFindings: operation('GET /findings/counts', {
    access: 'finding:read',
    tag: 'findings',
    summary: 'Count findings',
    description: 'Findings by severity and by check.',
    answer: FindingCounts,
  }),
  suppressFinding: operation('POST /findings/:findingId/suppress', {
    access: 'finding:suppress',
    tag: 'findings',
    summary: 'Suppress a finding',
    description:
      'The finding is not shown for some days. It comes back if its cause is still there.',
    body: SuppressBody,
    answer: FindingView,
    problems: ofFinding,
  }),
  runAudit: operation('POST /findings/audit', {
    access: 'finding:suppress',
    tag: 'findings',
    summary: 'Start the audit',
    description: 'Starts the audit now, unless it is running.',
    status: 202,
  }),

  listEvents: operation('GET /events', {
    access: 'event:read',
    tag: 'record',
    summary: 'List events',
    description: 'The record of all events, the latest first, page by page.',
    query: RecordQuery,
    answer: EventPage,
  }),
  listFollowers: operation('GET /followers', {
    access: 'event:read',
    tag: 'record',
    summary: 'List followers of the record',
    description:
      'What takes events one after the other, such as webhooks: how far each has come, and why it fails.',
    answer: FollowerList,
  }),
  listAccessLog: operation('GET /access-log', {
    access: 'access-log:read',
    tag: 'record',
    summary: 'List the access log',
    description: 'Every request to this API, the latest first, page by page.',
    query: AccessQuery,
    answer: AccessPage,
  }),

  listWebhooks: operation('GET /webhooks', {
    access: 'webhook:manage',
    tag: 'webhooks',
    summary: 'List webhooks',
    description: 'Where events are sent to, and how far each webhook has come.',
    answer: WebhookList,
  }),
  createWebhook: operation('POST /webhooks', {
    access: 'webhook:manage',
    tag: 'webhooks',
    summary: 'Create a webhook',
    description: 'Answers the secret of its signatures, which is shown this once.',
    body: NewWebhook,
    answer: CreatedWebhook,
    status: 201,
  }),
  resumeWebhook: operation('POST /webhooks/:webhookId/resume', {
    access: 'webhook:manage',
    tag: 'webhooks',
    summary: 'Resume a webhook',
    description: 'A webhook that was disabled after failures sends again, from where it stopped.',
    answer: WebhookView,
    problems: ofWebhook,
  }),
  deleteWebhook: operation('DELETE /webhooks/:webhookId', {
    access: 'webhook:manage',
    tag: 'webhooks',
    summary: 'Delete a webhook',
    description: 'Nothing more is sent to it.',
    problems: ofWebhook,
  }),

  readTrust: operation('GET /trust', {
    access: 'server:read',
    tag: 'server',
    summary: 'Read what the server stands on',
    description: 'Keys in the HSM, provider certificates, the clock, the record and the database.',
    answer: TrustView,
  }),
  watchDevices: operation('GET /live', {
    access: 'device:read',
    tag: 'server',
    summary: 'Watch devices change',
    description:
      'Server-Sent Events: `device` names a device that changed, `resync` tells to read everything again. The stream does not end.',
    answer: { mediaType: 'text/event-stream' },
    problems: ['live.too-many-streams'],
  }),
  readOpenApi: operation('GET /openapi.json', {
    access: 'signed-in',
    tag: 'server',
    summary: 'Read the description of this API',
    description: 'This document: OpenAPI 3.1.',
    answer: Type.Unsafe<object>({ type: 'object', additionalProperties: true }),
  }),
} as const
