import type { RouteAccess } from '../domain/permissions.ts'
import { OPERATIONS, type OperationId as DeclaredId } from './operations.ts'

/**
 * The operator API below `/api/v1`: every route, and the one permission it needs.
 *
 * The server is tested against this table; documents and clients are read off it.
 */

export const OPERATOR_API = '/api/v1'

export interface OperatorRoute {
  readonly route: `${'GET' | 'POST' | 'DELETE'} /${string}`
  readonly access: RouteAccess
}

const row = (access: RouteAccess, route: OperatorRoute['route']): OperatorRoute => ({
  route,
  access,
})

/** Those that `operations.ts` declares. */
const declared = Object.fromEntries(
  Object.entries(OPERATIONS).map(([id, { route, access }]) => [id, row(access, route)]),
) as Record<DeclaredId, OperatorRoute>

/** By operation id. Those written out here wait for their declaration. */
export const OPERATOR_ROUTES = {
  ...declared,
  signIn: row('anyone', 'POST /session'),
  readSession: row('signed-in', 'GET /session'),
  signOut: row('signed-in', 'DELETE /session'),
  changePassword: row('signed-in', 'POST /session/password'),
  listOwnSessions: row('signed-in', 'GET /sessions'),
  endOwnSession: row('signed-in', 'DELETE /sessions/:sessionId'),
  // Every one but the one that asks.
  endOwnOtherSessions: row('signed-in', 'DELETE /sessions'),

  listOperators: row('operator:read', 'GET /operators'),
  inviteOperator: row('operator:manage', 'POST /operators'),
  resetOperator: row('operator:manage', 'POST /operators/:operatorId/reset'),
  changeOperatorRole: row('operator:manage', 'POST /operators/:operatorId/role'),
  disableOperator: row('operator:manage', 'POST /operators/:operatorId/disable'),
  enableOperator: row('operator:manage', 'POST /operators/:operatorId/enable'),
  listOperatorSessions: row('operator:manage', 'GET /operators/:operatorId/sessions'),
  endOperatorSession: row('operator:manage', 'DELETE /operators/:operatorId/sessions/:sessionId'),
  endOperatorSessions: row('operator:manage', 'DELETE /operators/:operatorId/sessions'),
  // For whoever holds the link: its token is what they prove.
  readInvitation: row('anyone', 'POST /invitation'),
  acceptInvitation: row('anyone', 'POST /invitation/accept'),

  readDeviceFacts: row('device:read', 'GET /devices/:deviceId/facts'),
  listDeviceFactsChanges: row('device:read', 'GET /devices/:deviceId/facts/changes'),
  readDeviceTimeline: row('device:read', 'GET /devices/:deviceId/timeline'),

  readClockReset: row('device:read', 'GET /devices/:deviceId/clock-reset'),
  orderClockReset: row('time:reset', 'POST /devices/:deviceId/clock-reset'),

  readDeviceKey: row('key:read', 'GET /devices/:deviceId/key'),
  readPurgeCertificate: row('key:read', 'GET /devices/:deviceId/purge-certificate'),
  readHotlistEntry: row('device:read', 'GET /devices/:deviceId/hotlist-entry'),
  revokeCertificate: row(
    'certificate:revoke',
    'POST /devices/:deviceId/certificates/:serialNumber/revoke',
  ),

  listRotationOrders: row('key:read', 'GET /rotation-orders'),
  readRotationOrder: row('key:read', 'GET /rotation-orders/:orderId'),
  previewRotationOrder: row('key:rotate', 'POST /rotation-orders/preview'),
  orderRotation: row('key:rotate', 'POST /rotation-orders'),
  cancelRotationOrder: row('key:rotate', 'POST /rotation-orders/:orderId/cancel'),
  readForecast: row('key:read', 'GET /forecast'),
  askWhatIf: row('key:read', 'POST /forecast/what-if'),
  listRevocationLists: row('certificate:read', 'GET /revocation-lists'),

  listCommands: row('command:read', 'GET /commands'),
  orderCommand: row('command:send', 'POST /commands'),
  readCommand: row('command:read', 'GET /commands/:commandId'),
  cancelCommand: row('command:send', 'POST /commands/:commandId/cancel'),
  retryCommand: row('command:send', 'POST /commands/:commandId/retry'),

  listCampaigns: row('command:read', 'GET /campaigns'),
  previewCampaign: row('command:send', 'POST /campaigns/preview'),
  createCampaign: row('command:send', 'POST /campaigns'),
  readCampaign: row('command:read', 'GET /campaigns/:campaignId'),
  pauseCampaign: row('command:send', 'POST /campaigns/:campaignId/pause'),
  resumeCampaign: row('command:send', 'POST /campaigns/:campaignId/resume'),
  stopCampaign: row('command:send', 'POST /campaigns/:campaignId/stop'),

  listPolicies: row('policy:read', 'GET /policies'),
  createPolicy: row('policy:manage', 'POST /policies'),
  readPolicy: row('policy:read', 'GET /policies/:policyId'),
  previewPolicy: row('policy:read', 'POST /policies/:policyId/preview'),
  changePolicy: row('policy:manage', 'POST /policies/:policyId/versions'),
  assignPolicy: row('policy:manage', 'POST /policies/:policyId/assignments'),
  unassignPolicy: row('policy:manage', 'DELETE /policies/:policyId/assignments/:scope/:targetId'),

  listGroups: row('group:read', 'GET /groups'),
  createGroup: row('group:manage', 'POST /groups'),
  assignToGroup: row('group:manage', 'POST /groups/:groupId/devices'),

  readGroup: row('group:read', 'GET /groups/:groupId'),
  changeGroup: row('group:manage', 'POST /groups/:groupId'),
  deleteGroup: row('group:manage', 'DELETE /groups/:groupId'),
  // The id is the sender’s choice, as with every act on many devices. Body: `text/csv`.
  fillGroup: row('group:manage', 'POST /groups/:groupId/fill/:bulkActId'),

  previewBulkAct: row('bulk-act:order', 'POST /bulk-acts/preview'),
  orderBulkAct: row('bulk-act:order', 'POST /bulk-acts'),
  listBulkActs: row('bulk-act:read', 'GET /bulk-acts'),
  readBulkAct: row('bulk-act:read', 'GET /bulk-acts/:bulkActId'),
  listBulkActFailures: row('bulk-act:read', 'GET /bulk-acts/:bulkActId/failures'),
  downloadBulkActFailures: row('bulk-act:read', 'GET /bulk-acts/:bulkActId/failures.csv'),
  cancelBulkAct: row('bulk-act:order', 'POST /bulk-acts/:bulkActId/cancel'),

  listFindings: row('finding:read', 'GET /findings'),
  countFindings: row('finding:read', 'GET /findings/counts'),
  suppressFinding: row('finding:suppress', 'POST /findings/:findingId/suppress'),
  runAudit: row('finding:suppress', 'POST /findings/audit'),

  listModels: row('model:read', 'GET /models'),
  createModel: row('model:manage', 'POST /models'),
  readModel: row('model:read', 'GET /models/:modelId'),
  retireModel: row('model:manage', 'POST /models/:modelId/retire'),
  setSerialNoForm: row('model:manage', 'POST /models/:modelId/serial-no-form'),
  proposeSerialNoForm: row('model:read', 'GET /models/:modelId/serial-no-form/proposal'),

  listFtmProviders: row('ftm-provider:read', 'GET /ftm-providers'),
  addFtmProvider: row('ftm-provider:manage', 'POST /ftm-providers'),
  retireFtmProvider: row('ftm-provider:manage', 'POST /ftm-providers/:ftmProviderId/retire'),
  readFtmRevocation: row('ftm-provider:read', 'GET /ftm-providers/:ftmProviderId/revocation'),
  setFtmRevocation: row('ftm-provider:manage', 'POST /ftm-providers/:ftmProviderId/revocation'),
  // Body: the list, `application/pkix-crl` (DER) or `application/x-pem-file`.
  importFtmRevocationList: row(
    'ftm-provider:manage',
    'POST /ftm-providers/:ftmProviderId/revocation-lists',
  ),

  // The id is the sender’s choice (a UUID), so that it can watch the upload, and send it again if it broke.
  // Body: `text/csv`, or `application/jose` for a factory’s signed manifest.
  uploadImport: row('import:manage', 'POST /imports/:importId'),
  listImports: row('import:read', 'GET /imports'),
  readImport: row('import:read', 'GET /imports/:importId'),
  listImportErrors: row('import:read', 'GET /imports/:importId/errors'),
  downloadImportErrors: row('import:read', 'GET /imports/:importId/errors.csv'),
  confirmImport: row('import:manage', 'POST /imports/:importId/confirm'),
  discardImport: row('import:manage', 'POST /imports/:importId/discard'),

  listApprovals: row('registration:read', 'GET /approvals'),
  decideApproval: row('registration:decide', 'POST /approvals/:requestId/decide'),
  listRefusals: row('registration:read', 'GET /refusals'),
  countRegistrations: row('registration:read', 'GET /registrations/counts'),

  readTrust: row('server:read', 'GET /trust'),
  readClockHealth: row('device:read', 'GET /clock-health'),
  readOpenApi: row('signed-in', 'GET /openapi.json'),

  listWebhooks: row('webhook:manage', 'GET /webhooks'),
  createWebhook: row('webhook:manage', 'POST /webhooks'),
  resumeWebhook: row('webhook:manage', 'POST /webhooks/:webhookId/resume'),
  deleteWebhook: row('webhook:manage', 'DELETE /webhooks/:webhookId'),

  listAccessLog: row('access-log:read', 'GET /access-log'),
  listEvents: row('event:read', 'GET /events'),
  // Server-Sent Events; see LiveMessage.
  watchDevices: row('device:read', 'GET /live'),
} satisfies Record<string, OperatorRoute>

export type OperationId = keyof typeof OPERATOR_ROUTES
