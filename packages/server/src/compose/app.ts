import { composeBackgroundWork, keepTidy } from './background-work.ts'
import type { CommandKeys } from '../commands/command-keys.ts'
import { composeDeviceServices, serveDevices } from './device-services.ts'
import { serveOperators } from './operator-services.ts'
import { refuseEarly } from '../messages/early-refusal.ts'
import { runCheck } from '../findings/audit.ts'
import { hsmUnavailable } from '../findings/checks/hsm-unavailable.ts'
import { HsmWatch } from './hsm-watch.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { Closers } from '../platform/closers.ts'
import { type ServerConfig, clockPolicyOf, readPolicy } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import { TLS_PROFILE } from '../platform/connections/tls-profile.ts'
import { makeHttpApp } from '../platform/http.ts'
import { LeakReports } from '../platform/leak-reports.ts'
import { type Logger, makeLogger } from '../platform/log.ts'
import { beOnlyServer } from '../platform/only-server.ts'
import { servePortal } from '../platform/portal-files.ts'
import { readinessRoutes } from '../platform/readiness.ts'
import { type ServerDatabase, openServerDatabase } from '../platform/server-database.ts'
import { servedLists } from '../revocation/served-lists.ts'
import { Sequencer } from '../record/sequencer.ts'
import { describeClock, record, recordQuietly } from './server-events.ts'
import { needsOf } from './server-needs.ts'
import { type ServerTrust, openTrust } from './server-trust.ts'
import { ClockWatch } from '../time/clock-watch.ts'
import { VERSION } from '../version.ts'

/** The start and stop of a server process: what it opens, in which order, and what it closes again. */

export interface RunningServer {
  readonly port: number
  stop(): Promise<void>
}

/** What everything in the process is given. */
interface Setting {
  readonly config: ServerConfig
  readonly clock: Clock
  readonly log: Logger
  readonly closers: Closers
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
    const port = await start({ config, clock, log, closers }, leaks)
    return { port, stop: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

async function start(setting: Setting, leaks: LeakReports): Promise<number> {
  const { config, clock, log, closers } = setting
  const db = await openServerDatabase(config, log)
  closers.add(() => db.close())
  const { dataDirectory } = config
  const only = await beOnlyServer({ pool: db.pool, dataDirectory, log })
  closers.add(() => only.release())
  const { database } = db
  const sequencer = new Sequencer({ database, log })
  sequencer.start()
  closers.add(() => sequencer.stop())
  reportLeaks(database, leaks, closers)
  const trust = await openTrust({ ...setting, database })
  const { app, ledger, schedule, followers } = await composeServer(setting, db, trust)
  closers.add(() => ledger.flush())
  keepTidy(database, clock, log, closers)
  await schedule.start()
  closers.add(() => schedule.stop())
  followers.start()
  closers.add(() => followers.stop())
  await record(database, {
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

function reportLeaks(database: Database, leaks: LeakReports, closers: Closers): void {
  leaks.reportTo((kind, occurrences) =>
    record(database, {
      type: 'server.leak-removed',
      actor: 'server',
      data: { kind, occurrences },
    }),
  )
  closers.add(() => leaks.close())
}

/** The one listener, with both doors, the lists and the portal behind it. */
async function composeServer(setting: Setting, db: ServerDatabase, trust: ServerTrust) {
  const { config, clock, log, closers } = setting
  const { database, pool } = db
  const { hsm, root, responseKeys, tlsKeys } = trust
  const clockWatch = await watchClock(setting, database)
  watchHsm(setting, database, hsm)
  const deviceServices = await composeDeviceServices({
    serverId: config.serverId,
    database,
    pool,
    hsm,
    root,
    keys: responseKeys,
    dataDirectory: config.dataDirectory,
    policy: readPolicy(config),
    crlBaseUrl: config.revocationListUrl,
    limits: config.channel ?? {},
    clock,
    clockRadius: () => clockWatch.radiusMs(),
    log,
  })
  const { commandKeys, channels, ledger } = deviceServices
  await certifyCommandKey(commandKeys, log)
  const work = await composeBackgroundWork({
    ...deviceServices,
    config,
    database,
    hsm,
    clock,
    log,
  })
  const { admission } = deviceServices.messages
  const app = makeHttpApp({
    tls: tlsKeys.current(),
    log,
    answersFirst: refuseEarly(admission),
    isProven: (socket) =>
      admission.isProven({ connection: socket, address: socket.remoteAddress ?? '' }),
    isBusy: () => admission.isBusy,
  })
  tlsKeys.whenRenewed(({ key, cert }) => app.server.setSecureContext({ key, cert, ...TLS_PROFILE }))
  await serveDevices(app, deviceServices, clock)
  closers.add(() => channels.stop())
  await serveOperators(app, { ...setting, db, trust, deviceServices, work, clockWatch })
  await app.register(servedLists({ database, clock }))
  await app.register(readinessRoutes(needsOf(pool, hsm)))
  await servePortal(app)
  const { schedule, followers } = work
  return { app, ledger, schedule, followers }
}

function watchHsm({ clock, log }: Setting, database: Database, hsm: ServerTrust['hsm']): void {
  const watch = new HsmWatch({
    log,
    clock,
    record: (event) => recordQuietly(database, event, log),
    audit: (health) => runCheck(database, hsmUnavailable, { now: new Date(clock()), hsm: health }),
  })
  hsm.whenChanged(watch.note)
}

async function watchClock(
  { config, log, closers }: Setting,
  database: Database,
): Promise<ClockWatch> {
  const watch = await ClockWatch.start({
    policy: clockPolicyOf(config),
    onChange: (report) => recordQuietly(database, describeClock(report), log),
  })
  closers.add(() => watch.stop())
  return watch
}

/** A server without such a key, or one whose HSM is busy, does everything but command. */
async function certifyCommandKey(keys: CommandKeys, log: Logger): Promise<void> {
  try {
    await keys.current()
  } catch (error) {
    log.warn({ err: error }, 'commands cannot be signed')
  }
}
