import type { ImportView } from '@sanad/protocol/api/imports'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { FileInput, Upload } from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../frame/use-pages.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { importsQuery, uploadImport } from './import-queries.ts'
import { ImportState } from './import-state.tsx'

const route = getRouteApi('/signed-in/imports')

/** Approved devices come in here: as a CSV file, or as a manifest that the factory signed. */
export function ImportsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const query = useQuery(importsQuery(search.after))
  const pages = usePages(search, query.error)
  const columns = useColumns()
  return (
    <Page name={t('imports.title')} note={t('imports.note')}>
      <DropZone />
      <Panel title={t('imports.list')} flush>
        <QueryList
          query={query}
          failed={t('imports.failed')}
          skeletonRows={4}
          empty={
            <Empty icon={<FileInput aria-hidden="true" />} title={t('imports.empty.title')}>
              {t('imports.empty.text')}
            </Empty>
          }
          pages={pages}
        >
          {(rows) => (
            <DataTable
              label={t('imports.list')}
              columns={columns}
              rows={rows}
              rowId={(row) => row.importId}
            />
          )}
        </QueryList>
      </Panel>
    </Page>
  )
}

function DropZone() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('import:manage')
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const upload = useMutation({
    mutationFn: async (file: File) => {
      const importId = crypto.randomUUID()
      const sending = uploadImport(importId, file)
      // Its own page shows how it goes, and can be left and come back to.
      await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, 400))])
      await navigate({ to: '/imports/$importId', params: { importId } })
      await sending
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['imports'] }),
  })
  const take = (file: File | undefined) => {
    if (file !== undefined && refusal === undefined) upload.mutate(file)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files[0])
  }
  return (
    <div className="flex flex-col gap-3">
      <div
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={clsx(
          'flex flex-col items-center gap-3 rounded-lg border border-dashed px-6 py-8 text-center transition-colors',
          isOver ? 'border-accent bg-accent-soft' : 'border-line-strong bg-surface',
        )}
      >
        <Upload aria-hidden="true" className="size-6 stroke-[1.5] text-faint" />
        <p className="text-14 font-semibold">{t('imports.drop.title')}</p>
        <p className="max-w-xl text-13 text-muted">
          {t('imports.drop.text')}{' '}
          <code>
            serialNo, make, model, deviceType, deviceSubType, level, ftmCertificateSha256,
            enrolmentSecretSha256
          </code>
        </p>
        <Button
          shape="primary"
          refusal={refusal}
          busy={upload.isPending}
          onClick={() => input.current?.click()}
        >
          {t('imports.drop.choose')}
        </Button>
        <input
          ref={input}
          type="file"
          aria-label={t('imports.drop.choose')}
          accept=".csv,.jws,.jose,.txt,text/csv,application/jose"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            take(event.target.files?.[0])
            event.target.value = ''
          }}
        />
      </div>
      {upload.isError && <ProblemNote error={upload.error} what={t('imports.drop.failed')} />}
    </div>
  )
}

const column = dataColumns<ImportView>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('state', {
      header: t('imports.column.state'),
      meta: { className: 'w-40' },
      cell: ({ row }) => <ImportState state={row.original.state} />,
    }),
    column.accessor('uploadedAt', {
      header: t('imports.column.uploaded'),
      cell: ({ row: { original } }) => (
        <Link
          data-row-link=""
          to="/imports/$importId"
          params={{ importId: original.importId }}
          className="hover:underline"
        >
          <Moment at={original.uploadedAt} />
        </Link>
      ),
    }),
    column.accessor('format', {
      header: t('imports.column.format'),
      cell: ({ row: { original } }) => (
        <>
          {t(`imports.format.${original.format}`)}{' '}
          <span className="text-muted max-md:hidden">
            {original.signer?.replaceAll('\n', ', ')}
          </span>
        </>
      ),
    }),
    column.accessor('rowsRead', {
      header: t('imports.column.rows'),
      meta: { className: 'w-24 tabular text-end max-sm:hidden' },
      cell: ({ row }) => t('imports.number', { count: row.original.rowsRead }),
    }),
    column.accessor('rowsApplied', {
      header: t('imports.column.approved'),
      meta: { className: 'w-28 tabular text-end' },
      cell: ({ row }) => t('imports.number', { count: row.original.rowsApplied }),
    }),
  ])
}
