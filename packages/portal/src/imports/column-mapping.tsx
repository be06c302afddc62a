import {
  IMPORT_COLUMNS,
  LEFT_OUT,
  type MappedColumn,
  REQUIRED_COLUMNS,
  matchHeader,
} from '@sanad/protocol/domain/import-columns'
import type { TableHead } from '@sanad/protocol/domain/table-head'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Select } from '../ui/select.tsx'
import { ReadingNote } from './reading-note.tsx'

export interface FileToMap {
  readonly file: File
  readonly head: TableHead
}

interface ColumnMappingProps extends FileToMap {
  readonly onClose: () => void
  readonly onMapped: (columns: readonly MappedColumn[]) => void
}

/** What each column of a table is taken for, to be seen and corrected before any row is read. */
export function ColumnMapping({ file, head, onClose, onMapped }: ColumnMappingProps) {
  const { t } = useTranslation()
  const [columns, setColumns] = useState(() => head.headers.map(matchHeader))
  const refusal = useRefusal(columns)
  const isWhole = columns.every((column) => column !== undefined)
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('imports.mapping.title')}
      note={t('imports.mapping.note', { name: file.name })}
    >
      <ol className="flex flex-col gap-2">
        {head.headers.map((header, index) => (
          // A table may have two headers that are equal.
          // eslint-disable-next-line react/no-array-index-key
          <li key={index} className="grid grid-cols-2 items-center gap-3 text-13">
            <span className="min-w-0 truncate font-mono" title={header}>
              {header === '' ? t('imports.mapping.empty') : header}
            </span>
            <ColumnChoice
              label={t('imports.mapping.column', { header })}
              value={columns[index]}
              onChange={(next) =>
                setColumns(columns.map((column, place) => (place === index ? next : column)))
              }
            />
          </li>
        ))}
      </ol>
      <ReadingNote encoding={head.encoding} delimiter={head.delimiter} above={head.above} />
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>{t('ui.cancel')}</Button>
        <Button
          shape="primary"
          refusal={refusal}
          onClick={() => isWhole && onMapped(columns.map((column) => column ?? LEFT_OUT))}
        >
          {t('imports.mapping.go')}
        </Button>
      </div>
    </Dialog>
  )
}

interface ColumnChoiceProps {
  readonly label: string
  readonly value: MappedColumn | undefined
  readonly onChange: (column: MappedColumn) => void
}

function ColumnChoice({ label, value, onChange }: ColumnChoiceProps) {
  const { t } = useTranslation()
  return (
    <Select<MappedColumn>
      aria-label={label}
      value={value}
      placeholder={t('imports.mapping.unknown')}
      onChange={onChange}
      choices={[
        { value: LEFT_OUT, label: t('imports.mapping.left-out') },
        ...IMPORT_COLUMNS.map((column) => ({ value: column, label: column })),
      ]}
    />
  )
}

/** Why the file cannot be sent so. */
function useRefusal(columns: readonly (MappedColumn | undefined)[]): string | undefined {
  const { t } = useTranslation()
  if (columns.includes(undefined)) return t('imports.mapping.refusal.unknown')
  const missing = REQUIRED_COLUMNS.find((column) => !columns.includes(column))
  if (missing !== undefined) return t('imports.mapping.refusal.missing', { column: missing })
  const twice = IMPORT_COLUMNS.find((each) => columns.filter((one) => one === each).length > 1)
  return twice === undefined ? undefined : t('imports.mapping.refusal.twice', { column: twice })
}
