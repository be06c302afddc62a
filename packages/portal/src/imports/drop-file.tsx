import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { IMPORT_COLUMNS } from '@sanad/protocol/domain/import-columns'
import { HEAD_BYTES, explainOtherFile, readTableHead } from '@sanad/protocol/domain/table-head'
import { clsx } from 'clsx'
import { Upload } from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'
import { type FileToMap, ColumnMapping } from './column-mapping.tsx'
import { isManifest, uploadImport } from './import-queries.ts'

interface FileToSend {
  readonly file: File
  readonly columns: readonly string[] | undefined
}

/** Takes a file. Of a table, what its columns are is shown and confirmed before any of it is sent. */
export function DropFile() {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('import:manage')
  const [toMap, setToMap] = useState<FileToMap>()
  const [other, setOther] = useState<string>()
  const upload = useUpload()
  const take = async (file: File | undefined) => {
    if (file === undefined || refusal !== undefined) return
    setOther(undefined)
    if (isManifest(file)) return upload.mutate({ file, columns: undefined })
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())
    const explained = explainOtherFile(head)
    if (explained === undefined) setToMap({ file, head: readTableHead(head) })
    else setOther(t('imports.drop.other', { name: file.name, what: explained }))
  }
  return (
    <div className="flex flex-col gap-3">
      <DropZone refusal={refusal} busy={upload.isPending} onTake={(file) => void take(file)} />
      {other !== undefined && (
        <div role="alert" className="flex gap-3 rounded-lg bg-bad-soft p-4 text-13">
          <HealthIcon health="bad" className="mt-0.5" />
          <p>{other}</p>
        </div>
      )}
      {upload.isError && <ProblemNote error={upload.error} what={t('imports.drop.failed')} />}
      {toMap !== undefined && (
        <ColumnMapping
          {...toMap}
          onClose={() => setToMap(undefined)}
          onMapped={(columns) => {
            setToMap(undefined)
            upload.mutate({ file: toMap.file, columns })
          }}
        />
      )}
    </div>
  )
}

function useUpload() {
  const navigate = useNavigate()
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ file, columns }: FileToSend) => {
      const importId = crypto.randomUUID()
      const sending = uploadImport(importId, file, columns)
      // Its own page shows how it goes, and can be left and come back to.
      await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, 400))])
      await navigate({ to: '/imports/$importId', params: { importId } })
      await sending
    },
    onSettled: () => readAgain(client, stale('listImports')),
  })
}

interface DropZoneProps {
  readonly refusal: string | undefined
  readonly busy: boolean
  readonly onTake: (file: File | undefined) => void
}

function DropZone({ refusal, busy, onTake }: DropZoneProps) {
  const { t } = useTranslation()
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    onTake(event.dataTransfer.files[0])
  }
  return (
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
        {t('imports.drop.text')} <code>{IMPORT_COLUMNS.join(', ')}</code>
      </p>
      <Button shape="primary" refusal={refusal} busy={busy} onClick={() => input.current?.click()}>
        {t('imports.drop.choose')}
      </Button>
      <input
        ref={input}
        type="file"
        aria-label={t('imports.drop.choose')}
        accept=".csv,.tsv,.jws,.jose,.txt,.xlsx,.xls,.ods,.numbers,text/csv,application/jose"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          onTake(event.target.files?.[0])
          event.target.value = ''
        }}
      />
    </div>
  )
}
