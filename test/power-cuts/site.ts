import './come-between.ts'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientConfig } from '../../packages/client/src/agent/config.ts'
import { DeviceCertificateIssuer } from '../../packages/server/src/certificates/device-certificate-issuer.ts'
import { type OpenDatabase, openDatabase } from '../../packages/server/src/platform/database.ts'
import { type Door, SERVER_ID } from '../../packages/server/test/test-door.ts'
import {
  type TestFtmProvider,
  type TestModel,
  TestServer,
} from '../../packages/server/test/test-server.ts'
import type { Level } from '../../packages/protocol/src/domain/device-kinds.ts'
import type { Form } from './forms.ts'
import { DatabaseCuts } from './server-cuts.ts'
import { SignedCertificates } from './signed-certificates.ts'

/** A server of real parts whose power can be cut, and the folder of one client's computer. */

export interface Connection {
  readonly host: string
  readonly user: string
  readonly database: string
}

/** As many as its pool holds. */
const MOST_BROKEN = 10

export class Site implements AsyncDisposable {
  readonly server: TestServer
  /** For what the campaign itself looks up: never cut. */
  readonly lookUp: OpenDatabase
  readonly cuts: DatabaseCuts
  readonly signed = new SignedCertificates()
  readonly directory = mkdtempSync(join(tmpdir(), 'sanad-cuts-'))
  readonly models: Record<Level, TestModel>
  readonly ftm: TestFtmProvider
  #door: Door | undefined

  private constructor(made: {
    server: TestServer
    lookUp: OpenDatabase
    cuts: DatabaseCuts
    models: Record<Level, TestModel>
    ftm: TestFtmProvider
  }) {
    this.server = made.server
    this.lookUp = made.lookUp
    this.cuts = made.cuts
    this.models = made.models
    this.ftm = made.ftm
    mkdirSync(join(this.directory, 'chips'), { mode: 0o700 })
    chmodSync(this.directory, 0o711)
    writeFileSync(join(this.directory, 'root.pem'), made.server.trust.rootPem)
    writeFileSync(this.pkcs12Password, 'qwerty@123\n', { mode: 0o600 })
  }

  static async open(connection: Connection): Promise<Site> {
    const database = openDatabase({ connection })
    const cuts = new DatabaseCuts(database.pool)
    const server = await TestServer.start({ database })
    const ftm = await server.addFtmProvider()
    const { ftmProviderId } = ftm
    const models = {
      L0: await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' }),
      L1: await server.addModel({ level: 'L1', ftmProviderId }),
    }
    const lookUp = openDatabase({ connection, maxConnections: 2 })
    const site = new Site({ server, lookUp, cuts, models, ftm })
    await site.startServer()
    return site
  }

  /** A process of the server, with nothing in its memory. */
  async startServer(): Promise<void> {
    // What the former one was doing ends in errors first.
    await this.#door?.close().catch(() => {})
    this.cuts.disarm()
    this.#door = await this.#openDoor()
  }

  /** A process has connections of its own; here it inherits broken ones, and each says so once. */
  async #openDoor(broken = MOST_BROKEN): Promise<Door> {
    try {
      return await this.server.openDoor(
        (parts) => new DeviceCertificateIssuer({ ...parts, hsm: this.signed.watch(parts.hsm) }),
      )
    } catch (error) {
      if (broken === 0) throw error
      return this.#openDoor(broken - 1)
    }
  }

  get pkcs12Password(): string {
    return join(this.directory, 'pkcs12-password')
  }

  /** @param disk all that this client ever writes */
  clientConfig(port: number, disk: string, form: Form): ClientConfig {
    const inside = (name: string): string => join(this.directory, name)
    return {
      serverUrl: `https://127.0.0.1:${this.#door?.port ?? 0}`,
      serverId: SERVER_ID,
      managementRoot: inside('root.pem'),
      stateDirectory: join(disk, 'state'),
      chipDirectory: inside('chips'),
      handOverDirectory: join(disk, 'hand-over'),
      ...(form === 'L0 PKCS#12' && {
        handOver: [
          {
            kind: 'pkcs12',
            path: pkcs12FileOf(disk, '{serialNo}'),
            passwordFile: this.pkcs12Password,
          },
        ],
      }),
      portRange: { from: port, to: port },
      logLevel: 'silent',
    }
  }

  killToken(): void {
    const pid = this.server.trust.hsm.agentPid
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  }

  async read<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await this.lookUp.pool.query(sql, [...values])).rows as T[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cuts.disarm()
    await this.server[Symbol.asyncDispose]()
    await this.lookUp.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export const pkcs12FolderOf = (disk: string): string => join(disk, 'sbi')
export const pkcs12FileOf = (disk: string, serialNo: string): string =>
  join(pkcs12FolderOf(disk), `${serialNo}.p12`)
