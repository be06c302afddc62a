import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { eventsRoutes } from '../record/events.routes.ts'
import type { BackgroundWork } from './background-work.ts'
import { bulkActsRoutes } from '../bulk/bulk-acts.routes.ts'
import { FillGroup } from '../bulk/fill-group.ts'
import { BULK_ACTS_JOB } from '../bulk/work-off.ts'
import { campaignKinds } from '../campaigns/campaign-kinds.ts'
import { campaignsRoutes } from '../campaigns/campaigns.routes.ts'
import { Campaigns, reopenCampaign } from '../campaigns/campaigns.ts'
import { CommandDesk } from '../commands/command-desk.ts'
import { commandsRoutes } from '../commands/commands.routes.ts'
import { CAMPAIGN_FILLS_JOB } from '../campaigns/fill-campaigns.ts'
import type { DeviceServices } from './device-services.ts'
import { proposeSerialNoForm } from '../devices/propose-serial-number-form.ts'
import { DeviceWatch } from '../fleet/device-watch.ts'
import { devicesRoutes } from '../fleet/devices.routes.ts'
import { FtmProviderRegistry } from '../models/ftm-provider-registry.ts'
import { ftmProvidersRoutes } from '../models/ftm-providers.routes.ts'
import { makeGroupRegistry } from './group-registry.ts'
import { groupsRoutes } from '../groups/groups.routes.ts'
import { ImportDesk } from '../imports/import-desk.ts'
import { importsRoutes } from '../imports/imports.routes.ts'
import { liveRoutes } from '../fleet/live.routes.ts'
import { ModelRegistry } from '../models/model-registry.ts'
import { modelsRoutes } from '../models/models.routes.ts'
import { findingsRoutes } from '../findings/findings.routes.ts'
import { nameSubjects } from '../fleet/event-subjects.ts'
import { forecastRoutes } from '../foresight/forecast.routes.ts'
import { AUDIT_JOB } from '../findings/jobs.ts'
import { accessLogRoutes } from '../operators/access-log.routes.ts'
import { AccessLog } from '../operators/access-log.ts'
import { invitationRoutes } from '../operators/invitation.routes.ts'
import { Invitations } from '../operators/invitations.ts'
import { OperatorAccounts } from '../operators/operator-accounts.ts'
import { operatorDoor } from '../operators/operator-door.ts'
import { OperatorSessions } from '../operators/operator-sessions.ts'
import { proposalsRoutes } from '../operators/proposals/proposals.routes.ts'
import { operatorsRoutes } from '../operators/operators.routes.ts'
import { sessionRoutes } from '../operators/session.routes.ts'
import { SignInDesk } from '../operators/sign-in.ts'
import type { Clock } from '../platform/clock.ts'
import type { Closers } from '../platform/closers.ts'
import type { ServerConfig } from '../platform/config.ts'
import type { OpenDatabase } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import type { Logger } from '../platform/log.ts'
import { policiesRoutes } from '../policies/policies.routes.ts'
import { PolicyForesight } from '../foresight/policy-foresight.ts'
import { PolicyRegistry } from '../policies/policy-registry.ts'
import { purgeRoutes } from '../purge/purge.routes.ts'
import { registrationRoutes } from '../registration/registration.routes.ts'
import { FTM_LISTS_JOB } from '../revocation/ftm/fetch-job.ts'
import { ftmRevocationRoutes } from '../revocation/ftm/ftm-revocation.routes.ts'
import { FtmRevocation } from '../revocation/ftm/ftm-revocation.ts'
import { REVOCATION_JOB } from '../revocation/revocation-lists.ts'
import { revocationRoutes } from '../revocation/revocation.routes.ts'
import { ROTATION_FILLS_JOB } from '../rotation/fill-orders.ts'
import { ROTATION_ORDERS_JOB } from '../rotation/settle-orders.ts'
import { rotationRoutes } from '../rotation/rotation.routes.ts'
import type { ServerTrust } from './server-trust.ts'
import { telemetryRoutes } from '../telemetry/telemetry.routes.ts'
import { clockResetRoutes } from '../time/clock-resets.routes.ts'
import type { ClockWatch } from '../time/clock-watch.ts'
import { trustRoutes } from '../trust/trust.routes.ts'
import { VERSION } from '../version.ts'
import { followersRoutes } from '../record/followers.routes.ts'
import { webhooksRoutes } from '../webhooks/webhooks.routes.ts'

/** What serves operators: their sessions, and the routes of every slice. */

export interface OperatorParts {
  readonly config: ServerConfig
  readonly db: OpenDatabase
  readonly trust: ServerTrust
  readonly deviceServices: DeviceServices
  readonly work: BackgroundWork
  readonly clockWatch: ClockWatch
  readonly clock: Clock
  readonly log: Logger
  readonly closers: Closers
}

/** Opens the operators' door. */
export async function serveOperators(app: HttpApp, parts: OperatorParts): Promise<void> {
  const { db, clock, log, closers } = parts
  const { database } = db
  const sessions = new OperatorSessions(database, clock)
  const watch = new DeviceWatch(db.pool, log)
  await watch.start()
  closers.add(() => watch.stop())
  const imports = new ImportDesk({ database, clock, log })
  imports.start()
  closers.add(() => imports.stop())
  const routes = [
    ...accountRoutes(parts, sessions),
    ...repositoryRoutes(parts),
    importsRoutes({ database, desk: imports }),
    liveRoutes({ watch, sessions }),
    ...keyRoutes(parts),
    ...commandRoutes(parts),
    ...oversightRoutes(parts),
  ]
  const accessLog = new AccessLog({ database, clock, log })
  accessLog.start()
  closers.add(() => accessLog.stop())
  const door = {
    sessions,
    routes,
    version: VERSION,
    accessLog: { log: accessLog, clock },
    desk: parts.work.operationDesk,
  }
  await app.register(operatorDoor(door), { prefix: OPERATOR_API })
}

function accountRoutes(
  { db: { database }, clock, work }: OperatorParts,
  sessions: OperatorSessions,
) {
  const accounts = new OperatorAccounts(database, clock)
  const desk = new SignInDesk({ database, clock, sessions })
  return [
    sessionRoutes({ sessions, desk }),
    invitationRoutes({ invitations: new Invitations({ database, clock, desk }) }),
    operatorsRoutes({ accounts, sessions }),
    proposalsRoutes({ database, desk: work.twoPeople }),
    accessLogRoutes({ database }),
    eventsRoutes({
      database,
      nameSubjects: (deviceIds, ids) => nameSubjects(database, deviceIds, ids),
    }),
  ]
}

/** The repository of approved devices, and what is known of those that are there. */
function repositoryRoutes(parts: OperatorParts) {
  const { db, deviceServices, work, clock } = parts
  const { database } = db
  const { devices, providers } = deviceServices
  const { bulkActs } = work
  const whenOrdered = start(parts, BULK_ACTS_JOB)
  return [
    devicesRoutes({ database, clock, devices }),
    groupsRoutes({
      groups: makeGroupRegistry({ database, markets: () => providers.markets(clock()) }),
      filler: new FillGroup({ database, bulkActs, whenOrdered }),
    }),
    bulkActsRoutes({ database, clock, bulkActs, whenOrdered }),
    modelsRoutes({
      models: new ModelRegistry(database, clock),
      proposeForm: (modelId, form) => proposeSerialNoForm(database, modelId, form),
    }),
    ftmProvidersRoutes({ ftmProviders: new FtmProviderRegistry(database, clock) }),
    ftmRevocationRoutes({
      revocation: new FtmRevocation({ database, clock, guard: work.addressGuard }),
      whenUrlSet: () => fetchFtmLists(parts),
    }),
    registrationRoutes({ database, clock }),
    telemetryRoutes({ database, clock }),
  ]
}

/** At the word of an operator only; a device cannot make the server fetch anything. */
const fetchFtmLists = ({ work, log }: OperatorParts): void =>
  void work.schedule
    .trigger(FTM_LISTS_JOB)
    .catch((error: unknown) => log.warn({ err: error }, 'lists of FTM providers wait'))

/** Now, not when the schedule looks next. */
const start =
  ({ work, log }: OperatorParts, job: string) =>
  (): void =>
    void work.schedule
      .trigger(job)
      .catch((error: unknown) => log.warn({ err: error, job }, 'work in the background waits'))

/** How long keys live, and how they end. */
function keyRoutes(parts: OperatorParts) {
  const { config, db, deviceServices, clock } = parts
  const { database } = db
  const { policies, planner, pace, providers, rotationOrders: orders } = deviceServices
  const whenToFill = start(parts, ROTATION_FILLS_JOB)
  const foresight = new PolicyForesight({
    database,
    clock,
    signingPerSecond: () => pace.forRotations,
  })
  const whenToSettle = start(parts, ROTATION_ORDERS_JOB)
  return [
    policiesRoutes({
      policies: new PolicyRegistry(database, policies, config.hsm.longestCertificateDays),
      preview: (policyId, proposed) => foresight.preview(policyId, proposed),
    }),
    rotationRoutes({ database, policies, planner, clock, orders, whenToFill, whenToSettle }),
    purgeRoutes({ database }),
    revocationRoutes({
      database,
      providers,
      clock,
      baseUrl: config.revocationListUrl,
      whenRevoked: start(parts, REVOCATION_JOB),
    }),
  ]
}

function commandRoutes(parts: OperatorParts) {
  const { db, deviceServices, clock } = parts
  const { database } = db
  const kinds = campaignKinds(deviceServices.pace)
  const campaigns = new Campaigns({ database, kinds, clock })
  const whenToFill = start(parts, CAMPAIGN_FILLS_JOB)
  return [
    commandsRoutes({
      database,
      desk: new CommandDesk({ database, clock, beforeRetry: reopenCampaign }),
    }),
    campaignsRoutes({ database, kinds, clock, campaigns, whenToFill }),
    clockResetRoutes({ resets: deviceServices.resets }),
  ]
}

/** What the server found, foresees, sends on and stands on. */
function oversightRoutes(parts: OperatorParts) {
  const { config, db, trust, deviceServices, work, clockWatch, clock } = parts
  const { database } = db
  const { providers } = deviceServices
  return [
    findingsRoutes({ database, clock, startAudit: () => work.schedule.trigger(AUDIT_JOB) }),
    forecastRoutes({ forecaster: work.forecaster }),
    webhooksRoutes({ webhooks: work.webhooks }),
    followersRoutes({ database, nameFollowers: () => work.webhooks.names() }),
    trustRoutes({ config, version: VERSION, database, providers, clockWatch, ...trust }),
  ]
}
