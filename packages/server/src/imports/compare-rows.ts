import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import './import-tables.ts'

/**
 * Compares the staged rows with each other and with the repository, which both may be large: in the database,
 * as a few joins. What was found before stays; a comparison may be repeated.
 */
export async function compareRows(database: Database, importId: string): Promise<void> {
  await findErrors(database, importId)
  await findTwins(database, importId)
  await findShorter(database, importId)
}

async function findErrors(database: Database, importId: string): Promise<void> {
  await sql`
    with staged as (select * from device_import_row where import_id = ${importId})
    insert into device_import_error (import_id, row_no, code, column_name, serial_no, detail)
      select import_id, row_no, 'row.duplicate-in-file', 'serialNo', serial_no,
        format('‘%s’ of the same model stands in row %s already.', serial_no, first)
      from (
        select *, first_value(row_no) over (partition by model_id, serial_no order by row_no) as first
        from staged
      ) numbered where row_no > first
    union all
      select import_id, row_no, 'row.duplicate-ftm-certificate', 'ftmCertificateSha256', serial_no,
        format('The FTM certificate of ‘%s’ stands in row %s already.', serial_no, first)
      from (
        select *, first_value(row_no) over (partition by ftm_certificate_sha256 order by row_no) as first
        from staged where ftm_certificate_sha256 is not null
      ) numbered where row_no > first
    union all
      -- Two hashes do not begin with the same 24 octets by chance.
      select import_id, row_no, 'row.sha256-series', column_name, serial_no,
        format('The value of ‘%s’ is that of row %s with another end: a spreadsheet has continued it as a series.', serial_no, first)
      from (
        select import_id, row_no, serial_no, column_name, hash, first_value(row_no) over same as first,
          first_value(hash) over same as first_hash
        from staged, lateral (values ('ftmCertificateSha256', ftm_certificate_sha256),
          ('enrolmentSecretSha256', enrolment_secret_sha256)) as value (column_name, hash)
        where hash is not null
        window same as (partition by column_name, substring(hash from 1 for 24) order by row_no)
      ) numbered where hash <> first_hash
    union all
      -- A spreadsheet keeps 15 digits: one such number may be right, a whole column of them is not.
      select import_id, row_no, 'row.serial-no-rounded-column', 'serialNo', serial_no,
        format('‘%s’, like all long numbers of the file, ends in zeros from the 16th digit on: a spreadsheet rounded them.', serial_no)
      from (
        select *, count(*) over () as many, bool_and(serial_no ~ '^[0-9]{15}0+$') over () as all_rounded
        from staged where serial_no ~ '^[0-9]{16,}$'
      ) long where many >= 2 and all_rounded
    union all
      select s.import_id, s.row_no, 'row.device-exists', 'serialNo', s.serial_no,
        format('‘%s’ is in the repository already: it is %s.', s.serial_no, d.state)
      from staged s join device d using (model_id, serial_no)
    union all
      select s.import_id, s.row_no, 'row.ftm-certificate-taken', 'ftmCertificateSha256', s.serial_no,
        format('‘%s’ in the repository has the FTM certificate of ‘%s’.', d.serial_no, s.serial_no)
      from staged s join device d using (ftm_certificate_sha256)
      where (s.model_id, s.serial_no) <> (d.model_id, d.serial_no)
    union all
      select s.import_id, s.row_no, 'row.model-retired', 'model', s.serial_no,
        format('The model ‘%s’ of ‘%s’ is retired.', m.model, m.make)
      from staged s join device_model m using (model_id) where m.state = 'retired'
    on conflict do nothing`.execute(database)
}

/** Numbers that can be mistaken for one of an earlier row, or of the repository. */
async function findTwins(database: Database, importId: string): Promise<void> {
  await sql`
    with staged as (
      select row_no, model_id, serial_no, serial_no_likeness(serial_no) as likeness
      from device_import_row where import_id = ${importId}
    ), twin as (
      select distinct on (s.row_no) s.row_no, s.serial_no, d.serial_no as other, null::int as other_row
      from staged s
      join device d on d.model_id = s.model_id and serial_no_likeness(d.serial_no) = s.likeness
        and d.serial_no <> s.serial_no
    union all
      select row_no, serial_no, first_serial_no, first_row from (
        select row_no, serial_no, first_value(serial_no) over alike as first_serial_no,
          first_value(row_no) over alike as first_row
        from staged window alike as (partition by model_id, likeness order by row_no)
      ) numbered where serial_no <> first_serial_no
    )
    insert into device_import_error
      (import_id, row_no, code, column_name, serial_no, is_warning, other_serial_no, other_row)
    select ${importId}::uuid, row_no, 'row.serial-no-twin', 'serialNo', serial_no, true, other, other_row
    from twin
    where not exists (
      select from device_import_error e
      where e.import_id = ${importId} and e.row_no = twin.row_no and not e.is_warning)
    on conflict do nothing`.execute(database)
}

/** Of digits alone, where most have one length: a spreadsheet takes leading zeros away. */
async function findShorter(database: Database, importId: string): Promise<void> {
  await sql`
    with digits as (
      select r.row_no, r.model_id, r.serial_no, length(r.serial_no) as digits
      from device_import_row r join device_model m using (model_id)
      where r.import_id = ${importId} and r.serial_no ~ '^[0-9]+$' and m.serial_no_form is null
    ), usual as (
      select model_id, digits from (
        select model_id, digits, count(*) as many, sum(count(*)) over (partition by model_id) as total
        from digits group by model_id, digits
      ) lengths where many >= 3 and many * 2 > total
    )
    insert into device_import_error
      (import_id, row_no, code, column_name, serial_no, is_warning, detail)
    select ${importId}::uuid, d.row_no, 'row.serial-no-shorter-than-others', 'serialNo', d.serial_no, true,
      format('‘%s’ has %s digits, and most of the others %s: leading zeros may be missing.',
        d.serial_no, d.digits, u.digits)
    from digits d join usual u using (model_id) where d.digits < u.digits
    on conflict do nothing`.execute(database)
}
