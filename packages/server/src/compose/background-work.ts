import { readFile } from 'node:fs/promises'
import { rootCertificates } from 'node:tls'
import { BulkActs } from '../bulk/bulk-acts.ts'
import { makePerformers } from '../bulk/performers.ts'
import { bulkActsJob } from '../bulk/work-off.ts'
import { abandonOrphanedIntents } from '../certificates/orphaned-intents.ts'
import { campaignKinds } from '../campaigns/campaign-kinds.ts'
import { campaignFillsJob } from '../campaigns/fill-campaigns.ts'
import { campaignsJob } from '../campaigns/run-campaigns.ts'
import { commandJobs } from '../commands/command-jobs.ts'
import { openProxy } from './open-proxy.ts'
import { endTrustBy } from './device-registry.ts'
import type { DeviceServices } from './device-services.ts'
import { Forecaster } from '../foresight/forecaster.ts'
import { findingsJobs } from '../findings/jobs.ts'
import type { Hsm } from '../hsm/hsm.ts'
import { composeTwoPeople } from './two-person/compose-two-people.ts'
import type { TwoPersonDesk } from '../operators/proposals/two-person-desk.ts'
import { accessLogJob } from '../operators/access-log-reader.ts'
import { failedSignInsJob } from '../operators/failed-sign-ins.ts'
import { guessesJob } from '../operators/guess-ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Closers } from '../platform/closers.ts'
import { type ServerConfig, initialKindsOf } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import { OperationDesk } from '../platform/operation-desk.ts'
import { Schedule } from '../platform/schedule.ts'
import { Followers } from '../record/followers.ts'
import { overduePurgesJob } from '../purge/overdue-purges.ts'
import { forgetExpired } from '../registration/given-answers.ts'
import { forgetUnknownClaims, recordUnknownClaims } from '../registration/unknown-claims.ts'
import { ftmListsJob } from '../revocation/ftm/fetch-job.ts'
import { RevocationLists } from '../revocation/revocation-lists.ts'
import { rotationFillsJob } from '../rotation/fill-orders.ts'
import { rotationOrdersJob } from '../rotation/settle-orders.ts'
import { telemetryJob } from '../telemetry/telemetry-jobs.ts'
import { AddressGuard } from '../webhooks/address-guard.ts'
import { SecretSeal } from '../webhooks/secret-seal.ts'
import type { PostOptions } from '../webhooks/signed-post.ts'
import { webhookFollowers } from '../webhooks/webhook-deliveries.ts'
import { WebhookRegistry } from '../webhooks/webhook-registry.ts'

/** What the server does while nobody asks. */

export interface BackgroundWorkOptions extends Pick<
  DeviceServices,
  'providers' | 'policies' | 'rotationOrders' | 'pace'
> {
  readonly config: ServerConfig
  readonly database: Database
  readonly hsm: Hsm
  readonly clock: Clock
  readonly log: Logger
}

export interface BackgroundWork {
  readonly schedule: Schedule
  readonly followers: Followers
  readonly forecaster: Forecaster
  readonly webhooks: WebhookRegistry
  readonly bulkActs: BulkActs
  readonly twoPeople: TwoPersonDesk
  /** Served by the operators’ door; what two people decided is carried out there too. */
  readonly operationDesk: OperationDesk
  /** What keeps requests that operators configure out of the provider’s own network. */
  readonly addressGuard: AddressGuard
}

/** Nothing runs until schedule and followers are started. */
export async function composeBackgroundWork({
  config,
  database,
  hsm,
  providers,
  policies,
  rotationOrders,
  pace,
  clock,
  log,
}: BackgroundWorkOptions): Promise<BackgroundWork> {
  const baseUrl = config.revocationListUrl
  const lists = new RevocationLists({ database, hsm, providers, clock, log, baseUrl })
  const forecaster = new Forecaster({ database, clock })
  const seal = await SecretSeal.open(config.dataDirectory)
  const post = await webhookPost(config)
  const webhooks = new WebhookRegistry({ database, seal, guard: post.guard, clock })
  const performers = makePerformers({ whenTrustEnds: endTrustBy(policies), rotationOrders, clock })
  const bulkActs = new BulkActs({ database, performers, clock })
  const kinds = campaignKinds(pace)
  const operationDesk = new OperationDesk({ propose: (order) => twoPeople.propose(order) })
  const twoPeople: TwoPersonDesk = await composeTwoPeople({
    kinds: initialKindsOf(config),
    database,
    hsm,
    clock,
    log,
    guard: post.guard,
    signingPerSecond: () => pace.forRotations,
    operationDesk,
  })
  const jobs = [
    twoPeople.job(),
    bulkActsJob({ database, performers, clock, log }),
    overduePurgesJob(database, clock),
    lists.job(),
    rotationFillsJob({ database, clock }),
    ...commandJobs({ database, clock }),
    campaignsJob({ database, kinds, clock }),
    campaignFillsJob({ database, kinds, clock }),
    rotationOrdersJob({ database, clock }),
    ftmListsJob({ database, clock, fetch: post }),
    telemetryJob({ database, clock }),
    guessesJob(database, clock),
    failedSignInsJob(database, clock),
    accessLogJob({ database, clock, retentionDays: config.accessLog?.retentionDays }),
    ...findingsJobs({ database, hsm, clock }, forecaster),
  ]
  const schedule = new Schedule({ database, jobs, log })
  const sources = [webhookFollowers({ seal, clock, post })]
  const followers = new Followers({ database, clock, log, sources })
  const addressGuard = post.guard
  return {
    schedule,
    followers,
    forecaster,
    webhooks,
    bulkActs,
    twoPeople,
    operationDesk,
    addressGuard,
  }
}

async function webhookPost(config: ServerConfig): Promise<PostOptions> {
  const proxy = await openProxy(config)
  const { allowedNetworks, certificateAuthorityFile } = config.webhooks ?? {}
  const guard = new AddressGuard(allowedNetworks)
  const outward = { guard, ...(proxy && { proxy }) }
  if (certificateAuthorityFile === undefined) return outward
  const own = await readFile(certificateAuthorityFile, 'utf8')
  return { ...outward, ca: [...rootCertificates, own] }
}

const TIDY_EVERY_MS = 60_000

/** What no message can ask for any more, and intents that nobody came back for. */
export function keepTidy(database: Database, clock: Clock, log: Logger, closers: Closers): void {
  const tidy = async (): Promise<void> => {
    await forgetExpired(database, clock())
    await forgetUnknownClaims(database)
    await recordUnknownClaims(database, clock())
    await abandonOrphanedIntents(database, clock())
  }
  const timer = setInterval(
    () => void tidy().catch((error: unknown) => log.warn({ err: error }, 'tidying failed')),
    TIDY_EVERY_MS,
  ).unref()
  closers.add(() => clearInterval(timer))
}
