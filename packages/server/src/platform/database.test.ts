import { expect, it } from 'vitest'
import { startTestDatabase } from '../../test/test-database.ts'
import { openDatabase, translateDatabaseError } from './database.ts'

it('gives each test file a migrated database of its own', async () => {
  await using one = await startTestDatabase()
  await using two = await startTestDatabase()
  await one.pool.query('create table only_here (id int)')
  await expect(two.pool.query('select * from only_here')).rejects.toMatchObject({ code: '42P01' })
  const migrations = await one.pool.query('select count(*) from schema_migration')
  expect(migrations.rows[0]).toBeDefined()
})

it('says that the database is away when nobody answers', async () => {
  const { pool, close } = openDatabase({
    connection: { host: '/nowhere', user: 'sanad', database: 'x' },
  })
  const error = await pool.query('select 1').catch(translateDatabaseError)
  expect(error).toMatchObject({ code: 'database.unavailable', retryable: true })
  await close()
})
