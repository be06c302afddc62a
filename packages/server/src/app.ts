import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { rootCertificates } from 'node:tls'
import { OPERATOR_API } from '@sanad/protocol/api/routes'
import { OID } from '@sanad/protocol/object-identifiers'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import { readName } from '@sanad/protocol/x509'
import type { NewEvent } from '@sanad/protocol/events'
import { eventsRoutes } from './audit/events.routes.ts'
import { recordEvents } from './audit/record-events.ts'
import { DeviceCertificateIssuer } from './certificates/device-certificate-issuer.ts'
import { DEFAULT_ISSUANCE_POLICY, type IssuancePolicy } from './certificates/device-validity.ts'
import { type ManagementRoot, loadManagementRoot } from './certificates/management-root.ts'
import { abandonOrphanedIntents } from './certificates/orphaned-intents.ts'
import { ProviderCertificates } from './certificates/provider-certificates.ts'
import { type ResponseKey, ResponseKeys } from './certificates/response-keys.ts'
import { type TlsKey, TlsKeys } from './certificates/tls-keys.ts'
import { channelDoor } from './channel/channel-door.ts'
import { LiveChannels } from './channel/live-channels.ts'
import { campaignsRoutes } from './commands/campaigns.routes.ts'
import { Campaigns } from './commands/campaigns.ts'
import { CommandDesk } from './commands/command-desk.ts'
import { commandJobs } from './commands/command-jobs.ts'
import { CommandKeys } from './commands/command-keys.ts'
import { CommandService } from './commands/command-service.ts'
import { CommandSigner } from './commands/command-signer.ts'
import { commandsRoutes } from './commands/commands.routes.ts'
import { DeviceRegistry } from './devices/device-registry.ts'
import { DeviceWatch } from './devices/device-watch.ts'
import { devicesRoutes } from './devices/devices.routes.ts'
import { FtmProviderRegistry } from './devices/ftm-provider-registry.ts'
import { ftmProvidersRoutes } from './devices/ftm-providers.routes.ts'
import { ImportDesk } from './devices/imports/import-desk.ts'
import { GroupRegistry } from './devices/group-registry.ts'
import { groupsRoutes } from './devices/groups.routes.ts'
import { importsRoutes } from './devices/imports/imports.routes.ts'
import { liveRoutes } from './devices/live.routes.ts'
import { ModelRegistry } from './devices/model-registry.ts'
import { modelsRoutes } from './devices/models.routes.ts'
import { Forecaster } from './findings/forecaster.ts'
import { findingsRoutes } from './findings/findings.routes.ts'
import { forecastRoutes } from './findings/forecast.routes.ts'
import { AUDIT_JOB, findingsJobs } from './findings/jobs.ts'
import { hsmConfigOf } from './hsm/hsm-of-config.ts'
import type { Hsm, HsmKey, KeyProof } from './hsm/hsm.ts'
import { Pkcs11Hsm } from './hsm/pkcs11-hsm.ts'
import { CheckIns } from './messages/check-ins.ts'
import { deviceDoor } from './messages/device-door.ts'
import { DeviceMessages } from './messages/device-messages.ts'
import { RefusalLedger } from './messages/refusal-ledger.ts'
import { OperatorAccounts } from './operators/operator-accounts.ts'
import { operatorDoor } from './operators/operator-door.ts'
import { OperatorSessions } from './operators/operator-sessions.ts'
import { operatorsRoutes } from './operators/operators.routes.ts'
import { sessionRoutes } from './operators/session.routes.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { type ServerConfig, clockPolicyOf, initialPolicyOf, readPolicy } from './platform/config.ts'
import type { Database } from './platform/database.ts'
import { policiesRoutes } from './policies/policies.routes.ts'
import { PolicyBook } from './policies/policy-book.ts'
import { PolicyForesight } from './policies/policy-foresight.ts'
import { PolicyRegistry } from './policies/policy-registry.ts'
import { confirmRotations } from './rotation/confirm-rotations.ts'
import { RotationOrders } from './rotation/rotation-orders.ts'
import { RotationPlanner } from './rotation/rotation-planner.ts'
import { rotationRoutes } from './rotation/rotation.routes.ts'
import { Rotations } from './rotation/rotations.ts'
import { SigningPace } from './rotation/signing-pace.ts'
import { type HttpApp, makeHttpApp } from './platform/http.ts'
import { LeakReports } from './platform/leak-reports.ts'
import { type Logger, makeLogger } from './platform/log.ts'
import { servePortal } from './platform/portal-files.ts'
import { Schedule } from './platform/schedule.ts'
import { type ServerDatabase, openServerDatabase } from './platform/server-database.ts'
import { overduePurgesJob } from './purge/overdue-purges.ts'
import { purgeRoutes } from './purge/purge.routes.ts'
import { Purges } from './purge/purges.ts'
import { forgetExpired } from './registration/given-answers.ts'
import { Registrar } from './registration/registrar.ts'
import { registrationRoutes } from './registration/registration.routes.ts'
import { Registrations } from './registration/registrations.ts'
import { REVOCATION_JOB, RevocationLists } from './revocation/revocation-lists.ts'
import { revocationRoutes } from './revocation/revocation.routes.ts'
import { servedLists } from './revocation/served-lists.ts'
import { findTimeZone } from './telemetry/device-facts.ts'
import { telemetryJob } from './telemetry/telemetry-jobs.ts'
import { telemetryRoutes } from './telemetry/telemetry.routes.ts'
import { trustRoutes } from './trust/trust.routes.ts'
import { ClockResets } from './time/clock-resets.ts'
import { clockResetDoor, clockResetRoutes } from './time/clock-resets.routes.ts'
import { type ClockReport, ClockWatch } from './time/clock-watch.ts'
import { VERSION } from './version.ts'
import { AddressGuard } from './webhooks/address-guard.ts'
import { SecretSeal } from './webhooks/secret-seal.ts'
import type { PostOptions } from './webhooks/signed-post.ts'
import { webhooksJob } from './webhooks/webhook-deliveries.ts'
import { WebhookRegistry } from './webhooks/webhook-registry.ts'
import { webhooksRoutes } from './webhooks/webhooks.routes.ts'

/** The composition root: the one place that says who is made of what. */

export interface RunningServer {
  readonly port: number
  stop(): Promise<void>
}

/** Whatever was opened, closed in the opposite order. */
class Closers {
  readonly #closers: (() => void | Promise<void>)[] = []

  add(close: () => void | Promise<void>): void {
    this.#closers.push(close)
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close()
    this.#closers.length = 0
  }
}

/** @throws SanadError `server.configuration-invalid`, `hsm.*`, `database.unavailable` */
export async function startServer(
  config: ServerConfig,
  clock: Clock = systemClock,
): Promise<RunningServer> {
  const leaks = new LeakReports()
  const log = makeLogger(config.logLevel ?? 'info', undefined, leaks.note)
  const closers = new Closers()
  try {
    const port = await start(config, clock, log, closers, leaks)
    return { port, stop: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

async function start(
  config: ServerConfig,
  clock: Clock,
  log: Logger,
  closers: Closers,
  leaks: LeakReports,
): Promise<number> {
  const db = await openServerDatabase(config)
  closers.add(() => db.close())
  leaks.reportTo((kind, occurrences) =>
    record(db.database, {
      type: 'server.leak-removed',
      actor: 'server',
      data: { kind, occurrences },
    }),
  )
  closers.add(() => leaks.close())
  const trust = await openTrust(config, db.database, clock, log, closers)
  const { app, ledger, schedule } = await composeDoors(config, db, trust, clock, log, closers)
  closers.add(() => ledger.flush())
  keepTidy(db.database, clock, log, closers)
  await schedule.start()
  closers.add(() => schedule.stop())
  await record(db.database, {
    type: 'server.started',
    actor: 'server',
    data: { version: VERSION, mode: config.mode },
  })
  await app.listen({ host: config.listen.host, port: config.listen.port })
  closers.add(() => app.close())
  const address = app.server.address()
  const port = address === null || typeof address === 'string' ? config.listen.port : address.port
  log.info({ port, serverId: config.serverId }, 'listening')
  return port
}

interface Trust {
  readonly hsm: Hsm
  readonly keys: readonly HsmKey[]
  readonly proofs: readonly KeyProof[]
  readonly root: ManagementRoot
  readonly responseKeys: ResponseKeys
  readonly tlsKeys: TlsKeys
}

async function openTrust(
  config: ServerConfig,
  database: Database,
  clock: Clock,
  log: Logger,
  closers: Closers,
): Promise<Trust> {
  const root = await loadManagementRoot(config.dataDirectory)
  requireOwnRoot(root, config)
  const hsm = await Pkcs11Hsm.open(hsmConfigOf(config))
  closers.add(() => hsm.close())
  const keys = await hsm.listKeys()
  const proofs = await hsm.proveKeys()
  const unproven = proofs.find(({ holds }) => !holds)
  if (unproven !== undefined) throw new SanadError('hsm.key-not-proven', unproven.label)
  await record(database, describeConnection(hsm, keys))
  const responseKeys = await ResponseKeys.open({
    hsm,
    root,
    clock,
    onCertified: (key) => record(database, describeResponseKey(key)),
    onFailed: (error) => log.warn({ err: error }, 'the response key could not be renewed'),
  })
  closers.add(() => responseKeys.close())
  const { names } = config.tls
  const tlsKeys = await TlsKeys.open({
    hsm,
    root,
    clock,
    names,
    dataDirectory: config.dataDirectory,
    onCertified: (key) => record(database, describeTlsKey(key)),
    onFailed: (error) => log.warn({ err: error }, 'the TLS key could not be renewed'),
  })
  closers.add(() => tlsKeys.close())
  return { hsm, keys, proofs, root, responseKeys, tlsKeys }
}

function requireOwnRoot({ certificate }: ManagementRoot, { organisation }: ServerConfig): void {
  const [own] = readName(certificate.subject, OID.organisation)
  if (own !== organisation)
    throw new SanadError(
      'server.configuration-invalid',
      'the management root is another organisation’s',
    )
}

async function composeDoors(
  config: ServerConfig,
  db: ServerDatabase,
  trust: Trust,
  clock: Clock,
  log: Logger,
  closers: Closers,
) {
  const { database, pool } = db
  const { hsm, responseKeys, tlsKeys } = trust
  const policy = readPolicy(config)
  const { serverId } = config
  const issuancePolicy: IssuancePolicy = {
    ...DEFAULT_ISSUANCE_POLICY,
    rotationDays: policy.rotationDays,
    overlapDays: policy.overlapDays,
    crlBaseUrl: config.revocationListUrl,
  }
  const providers = await ProviderCertificates.open(database)
  const pace = new SigningPace()
  const issuer = new DeviceCertificateIssuer({ hsm: pace.watch(hsm), providers, now: clock })
  const ledger = new RefusalLedger(database, log)
  const policies = await PolicyBook.open(database, initialPolicyOf(policy))
  const registrar = new Registrar({ database, issuer, issuancePolicy, policies, policy, clock })
  const purges = new Purges({ database, clock, window: policy.messageWindow })
  const planner = new RotationPlanner(providers)
  const confirmations = confirmRotations(clock)
  const rotations = new Rotations({
    database,
    issuer,
    providers,
    issuancePolicy,
    policies,
    planner,
    pace,
    confirmations,
    ledger,
    clock,
    messageWindow: policy.messageWindow,
  })
  const rotationOrders = new RotationOrders({ database, pace, clock })
  const commandKeys = new CommandKeys({
    hsm,
    root: trust.root,
    database,
    dataDirectory: config.dataDirectory,
    clock,
    log,
  })
  await certifyCommandKey(commandKeys, log)
  const signer = new CommandSigner({ hsm, keys: commandKeys, serverId })
  const commands = new CommandService({
    database,
    signer,
    confirmations,
    rotationOrders,
    devices: new DeviceRegistry(database, clock, policies),
    ledger,
    clock,
    log,
    timeZoneOf: (deviceId) => findTimeZone(database, deviceId),
  })
  const checkIns = new CheckIns({
    handlers: { 'key-purge': purges, 'key-rotation': rotations, commands },
    pool,
    database,
    ledger,
    clock,
    policy,
    serverId,
    policies,
    planRotation: (sender, settings) => planner.plan(sender, settings),
    confirmations,
  })
  const registrations = new Registrations({ registrar, clock, policy, serverId })
  const baseUrl = config.revocationListUrl
  const lists = new RevocationLists({ database, hsm, providers, clock, log, baseUrl })
  const forecaster = new Forecaster({ database, clock })
  const seal = await SecretSeal.open(config.dataDirectory)
  const post = await webhookPost(config)
  const webhooks = new WebhookRegistry({ database, seal, guard: post.guard, clock })
  const jobs = [
    overduePurgesJob(database, clock),
    lists.job(),
    ...commandJobs({ database, clock }),
    webhooksJob({ database, seal, clock, post }),
    telemetryJob({ database, clock }),
    ...findingsJobs({ database, hsm, clock }, forecaster),
  ]
  const schedule = new Schedule({ database, jobs, log })
  const app = makeHttpApp({ tls: tlsKeys.current(), log })
  tlsKeys.whenRenewed(({ key, cert }) =>
    app.server.setSecureContext({ key, cert, minVersion: 'TLSv1.2' }),
  )
  const clockWatch = await ClockWatch.start({
    policy: clockPolicyOf(config),
    onChange: (report) => recordQuietly(database, describeClock(report), log),
  })
  closers.add(() => clockWatch.stop())
  const clockRadius = () => clockWatch.radiusMs()
  const doorParts = { serverId, clock, keys: responseKeys, checkIns, registrations }
  const messages = new DeviceMessages(doorParts)
  await app.register(deviceDoor({ ...doorParts, clockRadius, messages }))
  const devices = new DeviceRegistry(database, clock, policies)
  const resets = new ClockResets({ database, signer, devices, clock, clockRadius })
  await app.register(clockResetDoor({ resets, clock }))
  const limits = config.channel ?? {}
  const channels = new LiveChannels({ pool, database, messages, ledger, clock, log, limits })
  await channels.start()
  closers.add(() => channels.stop())
  await app.register(channelDoor(channels.hub))
  const operatorParts = {
    config,
    db,
    trust,
    providers,
    policies,
    planner,
    pace,
    rotationOrders,
    schedule,
    forecaster,
    clock,
    log,
    closers,
    clockWatch,
    resets,
    webhooks,
  }
  await registerOperators(app, operatorParts)
  await app.register(servedLists({ database, clock }))
  app.get('/health', () => ({ status: hsm.health().state === 'ready' ? 'ready' : 'degraded' }))
  await servePortal(app)
  return { app, ledger, schedule }
}

async function webhookPost({ webhooks = {} }: ServerConfig): Promise<PostOptions> {
  const { allowedNetworks, certificateAuthorityFile } = webhooks
  const guard = new AddressGuard(allowedNetworks)
  if (certificateAuthorityFile === undefined) return { guard }
  const own = await readFile(certificateAuthorityFile, 'utf8')
  return { guard, ca: [...rootCertificates, own] }
}

/** A server without such a key, or one whose HSM is busy, does everything but command. */
async function certifyCommandKey(keys: CommandKeys, log: Logger): Promise<void> {
  try {
    await keys.current()
  } catch (error) {
    log.warn({ err: error }, 'commands cannot be signed')
  }
}

interface OperatorParts {
  readonly config: ServerConfig
  readonly db: ServerDatabase
  readonly trust: Trust
  readonly providers: ProviderCertificates
  readonly policies: PolicyBook
  readonly planner: RotationPlanner
  readonly pace: SigningPace
  readonly rotationOrders: RotationOrders
  readonly schedule: Schedule
  readonly forecaster: Forecaster
  readonly clock: Clock
  readonly log: Logger
  readonly closers: Closers
  readonly clockWatch: ClockWatch
  readonly resets: ClockResets
  readonly webhooks: WebhookRegistry
}

async function registerOperators(
  app: HttpApp,
  {
    config,
    db,
    trust,
    providers,
    policies,
    planner,
    pace,
    rotationOrders,
    schedule,
    forecaster,
    clock,
    log,
    closers,
    clockWatch,
    resets,
    webhooks,
  }: OperatorParts,
): Promise<void> {
  const { database, pool } = db
  const sessions = new OperatorSessions(database, clock)
  const accounts = new OperatorAccounts(database)
  const watch = new DeviceWatch(pool, log)
  await watch.start()
  closers.add(() => watch.stop())
  const imports = new ImportDesk({ database, clock, log })
  imports.start()
  closers.add(() => imports.stop())
  const routes = [
    sessionRoutes({ sessions }),
    operatorsRoutes({ accounts }),
    devicesRoutes({ database, clock, policies }),
    telemetryRoutes({ database, clock }),
    purgeRoutes({ database }),
    clockResetRoutes({ resets }),
    rotationRoutes({
      database,
      policies,
      planner,
      clock,
      orders: rotationOrders,
    }),
    commandsRoutes({ database, desk: new CommandDesk({ database, clock }) }),
    campaignsRoutes({ database, campaigns: new Campaigns({ database, clock }) }),
    revocationRoutes({
      database,
      providers,
      clock,
      baseUrl: config.revocationListUrl,
      whenRevoked: () =>
        void schedule
          .trigger(REVOCATION_JOB)
          .catch((error: unknown) => log.warn({ err: error }, 'revocation lists wait')),
    }),
    groupsRoutes({
      groups: new GroupRegistry({ database, markets: () => providers.markets(clock()) }),
    }),
    policiesRoutes({
      policies: new PolicyRegistry(database, policies),
      foresight: new PolicyForesight({
        database,
        clock,
        signingPerSecond: () => pace.forRotations,
      }),
    }),
    forecastRoutes({ forecaster }),
    findingsRoutes({ database, clock, startAudit: () => schedule.trigger(AUDIT_JOB) }),
    modelsRoutes({ models: new ModelRegistry(database, clock) }),
    ftmProvidersRoutes({ ftmProviders: new FtmProviderRegistry(database, clock) }),
    importsRoutes({ database, desk: imports }),
    webhooksRoutes({ webhooks }),
    eventsRoutes({ database, nameOperators: (ids) => accounts.nameOperators(ids) }),
    liveRoutes({ watch, sessions }),
    registrationRoutes({ database, clock }),
    trustRoutes({ config, version: VERSION, database, providers, clockWatch, ...trust }),
  ]
  await app.register(operatorDoor({ sessions, routes, version: VERSION }), { prefix: OPERATOR_API })
}

const TIDY_EVERY_MS = 60_000

/** What no message can ask for any more, and intents that nobody came back for. */
function keepTidy(database: Database, clock: Clock, log: Logger, closers: Closers): void {
  const tidy = async (): Promise<void> => {
    await forgetExpired(database, clock())
    await abandonOrphanedIntents(database, clock())
  }
  const timer = setInterval(
    () => void tidy().catch((error: unknown) => log.warn({ err: error }, 'tidying failed')),
    TIDY_EVERY_MS,
  ).unref()
  closers.add(() => clearInterval(timer))
}

function record(database: Database, event: NewEvent): Promise<void> {
  return database.transaction().execute(async (tx) => void (await recordEvents(tx, [event])))
}

function describeConnection(hsm: Hsm, keys: readonly HsmKey[]): NewEvent {
  return {
    type: 'hsm.connected',
    actor: 'server',
    data: { tokenSerialNumber: hsm.health().token?.serialNumber ?? 'unknown', keys: keys.length },
  }
}

/** The clock goes on while the database is away; what changed then is in the log. */
function recordQuietly(database: Database, event: NewEvent, log: Logger): void {
  record(database, event).catch((error: unknown) =>
    log.warn({ err: error, type: event.type }, 'an event could not be recorded'),
  )
}

const describeClock = ({ state, source, uncertaintyMs, lastStepMs }: ClockReport): NewEvent => ({
  type: 'server-clock.changed',
  actor: 'server',
  data: {
    state,
    source,
    ...(uncertaintyMs !== undefined && { uncertaintyMs }),
    ...(lastStepMs !== undefined && { lastStepMs }),
  },
})

const describeResponseKey = (key: ResponseKey): NewEvent => ({
  type: 'response-key.certified',
  actor: 'server',
  data: describeKey(key),
})

const describeTlsKey = (key: TlsKey): NewEvent => ({
  type: 'tls-key.certified',
  actor: 'server',
  data: describeKey(key),
})

const describeKey = ({ spki, notAfter }: Pick<TlsKey, 'spki' | 'notAfter'>) => ({
  spkiSha256: createHash('sha256').update(spki).digest('hex'),
  notAfter: formatTimestamp(notAfter),
})
