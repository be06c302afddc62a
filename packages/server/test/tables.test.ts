import { expect, it } from 'vitest'
import { compareTables } from './compare-tables.ts'
import { startTestDatabase } from './test-database.ts'

it('the types of all tables agree with the migrated database', async () => {
  await using database = await startTestDatabase()
  expect(await compareTables(database.pool)).toEqual([])
})

it('tells each way in which a table differs from its type', async () => {
  await using database = await startTestDatabase()
  await database.pool.query(`
    alter table certificate_intent alter column previous_not_before set not null;
    alter table certificate_intent alter column common_name drop not null;
    alter table certificate_intent alter column planned_at type text;
    alter table certificate_intent alter column purpose drop default;
    alter table certificate_intent add column added text not null;
    alter table certificate_intent add column filled text not null default '';
    alter table certificate_intent rename column crl_url to url;
    alter table ftm_provider rename to provider_of_chips`)

  expect((await compareTables(database.pool)).toSorted()).toEqual([
    'certificate_intent has no "crl_url"',
    'certificate_intent.added is not in the source',
    'certificate_intent.common_name may be null in the database, and not in the source',
    'certificate_intent.planned_at has another type in the source',
    'certificate_intent.previous_not_before may be null in the source, and not in the database',
    'certificate_intent.purpose may be left out in the source, and not in the database',
    'certificate_intent.url is not in the source',
    'the database has no "ftm_provider"',
  ])
})
