import { writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import type { Role } from '@sanad/protocol/domain/permissions'
import { type RunningServer, startServer } from '../src/compose/app.ts'
import type { ServerConfig } from '../src/platform/config.ts'
import { type TestDatabase, startTestDatabase } from './test-database.ts'
import { PASSWORD, insertTestOperator } from './test-portal.ts'
import { SERVER_ID } from './test-door.ts'
import { ORGANISATION, type TestTrust, holdTestCeremony } from './test-trust.ts'

/** The server as it is composed and started, asked over its port. */

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Asked {
  readonly method: string
  /** With its query, as it goes on the wire. */
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
}

export class WholeServer implements AsyncDisposable {
  readonly db: TestDatabase
  readonly trust: TestTrust
  readonly #server: RunningServer
  readonly #agent: Agent

  private constructor(db: TestDatabase, trust: TestTrust, server: RunningServer) {
    this.db = db
    this.trust = trust
    this.#server = server
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, ca: trust.rootPem })
  }

  static async start(settings: Partial<ServerConfig> = {}): Promise<WholeServer> {
    const db = await startTestDatabase()
    const trust = await holdTestCeremony(db.database, Date.now)
    const { module, tokenLabel, pinFile, environment = {} } = trust.hsmConfig
    const urlFile = join(trust.directory, 'database-url')
    const { host, user, database } = db.connection
    await writeFile(
      urlFile,
      `postgresql:///${database}?host=${encodeURIComponent(host)}&user=${user}`,
    )
    const server = await startServer({
      mode: 'development',
      dataDirectory: trust.directory,
      serverId: SERVER_ID,
      organisation: ORGANISATION,
      listen: { host: '127.0.0.1', port: 0 },
      tls: { names: ['localhost', '127.0.0.1'] },
      revocationListUrl: 'https://crl.example.test',
      database: { urlFile },
      hsm: { module, tokenLabel, pinFile, environment },
      logLevel: 'error',
      ...settings,
    })
    return new WholeServer(db, trust, server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    await this.#server.stop()
    await this.trust[Symbol.asyncDispose]()
    await this.db[Symbol.asyncDispose]()
  }

  get port(): number {
    return this.#server.port
  }

  ask({ method, path, headers = {}, body }: Asked): Promise<Reply> {
    const options = {
      host: 'localhost',
      port: this.port,
      agent: this.#agent,
      method,
      path,
      headers,
    }
    return new Promise((resolve, reject) => {
      const outgoing = request(options, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
        )
        incoming.on('error', reject)
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  /** Makes the operator where there is none. @returns the cookie of a new session */
  async signIn(name: string, role: Role): Promise<string> {
    const { rowCount } = await this.db.pool.query('select from operator where name = $1', [name])
    if (rowCount === 0) await insertTestOperator(this.db, name, role)
    const reply = await this.ask({
      method: 'POST',
      path: `${OPERATOR_API}/session`,
      headers: { 'x-sanad-portal': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ name, password: PASSWORD }),
    })
    if (reply.status >= 300) throw new Error(`sign-in: ${reply.status} ${reply.text}`)
    const [set = ''] = reply.headers['set-cookie'] ?? []
    return set.split(';')[0] ?? ''
  }
}
