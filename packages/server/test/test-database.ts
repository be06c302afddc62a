import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type OpenDatabase, openDatabase } from '../src/platform/database.ts'

export interface TestDatabase extends OpenDatabase, AsyncDisposable {
  readonly connection: { readonly host: string; readonly user: string; readonly database: string }
}

/** A fresh clone of the migrated template, on the run’s real PostgreSQL. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const { host, user, template } = inject('postgres')
  const database = `test_${randomBytes(6).toString('hex')}`
  const maintenance = openDatabase({ connection: { host, user, database: 'postgres' } })
  await maintenance.pool.query(`create database ${database} template ${template}`)
  const connection = { host, user, database }
  const open = openDatabase({ connection })
  return {
    ...open,
    connection,
    async [Symbol.asyncDispose]() {
      await open.close()
      await maintenance.pool.query(`drop database ${database} with (force)`)
      await maintenance.close()
    },
  }
}
