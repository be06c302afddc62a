import { expect, it } from 'vitest'
import { startTestDatabase } from '../../test/test-database.ts'
import { migrateDatabase } from './migrations.ts'

it('refuses a database that a newer version has migrated, naming the first migration, and changes nothing', async () => {
  await using db = await startTestDatabase()
  await db.pool.query(
    "insert into schema_migration (name, sha256) values ('9998-of-the-future.sql', 'x'), ('9999-and-more.sql', 'x')",
  )
  const before = await db.pool.query('select name from schema_migration order by name')
  await expect(migrateDatabase(db.pool)).rejects.toMatchObject({
    code: 'database.newer',
    message: expect.stringContaining('9998-of-the-future.sql') as string,
  })
  const after = await db.pool.query('select name from schema_migration order by name')
  expect(after.rows).toEqual(before.rows)
})
