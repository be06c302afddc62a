import {
  columnVisibilityFeature,
  createColumnHelper,
  metaHelper,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from '@tanstack/react-table'
import { clsx } from 'clsx'
import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { useRowKeys } from './row-keys.ts'
import { Skeleton } from './skeleton.tsx'

export interface ColumnLook {
  /** Classes of the column’s cells: its width, and the screens on which it shows. */
  readonly className?: string
  /** The name by which the server orders this column. */
  readonly sort?: string
}

export const dataTableFeatures = tableFeatures({
  columnVisibilityFeature,
  columnMeta: metaHelper<ColumnLook>(),
})
export type DataTableFeatures = typeof dataTableFeatures

export function dataColumns<Row extends RowData>() {
  return createColumnHelper<DataTableFeatures, Row>()
}

export interface DataTableProps<Row extends RowData> {
  /** The table’s name for a screen reader. */
  readonly label: string
  // Each column has a value type of its own; the table needs none of them.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly columns: readonly ColumnDef<DataTableFeatures, Row, any>[]
  readonly rows: readonly Row[]
  readonly rowId: (row: Row) => string
  readonly hidden?: readonly string[]
  readonly changed?: ReadonlySet<string>
  readonly sort?: string | undefined
  readonly onSort?: (sort: string) => void
  /** Older rows, shown until the new ones are here. */
  readonly isStale?: boolean
}

const NONE: readonly string[] = []

export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowId, hidden = NONE, changed, isStale = false } = props
  const body = useRowKeys()
  const table = useTable({
    features: dataTableFeatures,
    columns,
    data: rows,
    getRowId: rowId,
    state: { columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])) },
  })
  return (
    <table
      aria-label={label}
      aria-busy={isStale}
      className={clsx('w-full border-collapse text-13 transition-opacity', isStale && 'opacity-60')}
    >
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => {
              const look = header.column.columnDef.meta
              return (
                <HeaderCell key={header.id} look={look} sort={props.sort} onSort={props.onSort}>
                  <table.FlexRender header={header} />
                </HeaderCell>
              )
            })}
          </tr>
        ))}
      </thead>
      <tbody ref={body}>
        {table.getRowModel().rows.map((row) => (
          <tr
            key={changed?.has(row.id) === true ? `${row.id}-changed` : row.id}
            className={clsx(
              'border-t border-line transition-colors hover:bg-hover has-[[data-row-link]:focus-visible]:bg-accent-soft',
              changed?.has(row.id) === true && 'just-changed',
            )}
          >
            {row.getVisibleCells().map((cell) => (
              // Its content comes from the column, and names itself.
              // oxlint-disable-next-line jsx-a11y/control-has-associated-label
              <td
                key={cell.id}
                className={clsx(
                  'h-9 px-2 py-1 first:ps-4 last:pe-4',
                  cell.column.columnDef.meta?.className,
                )}
              >
                <table.FlexRender cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface HeaderCellProps {
  readonly look: ColumnLook | undefined
  readonly sort: string | undefined
  readonly onSort: ((sort: string) => void) | undefined
  readonly children: ReactNode
}

const headerClass = 'h-8 bg-sunken px-2 text-12 font-medium text-muted first:ps-4 last:pe-4'

function HeaderCell({ look, sort, onSort, children }: HeaderCellProps) {
  const name = look?.sort
  // Figures stand at the end of their column, and so does its name.
  const align = look?.className?.includes('text-end') === true ? '' : 'text-start'
  if (name === undefined || onSort === undefined) {
    return (
      <th scope="col" className={clsx(headerClass, align, look?.className)}>
        {children}
      </th>
    )
  }
  const isDown = sort === `-${name}`
  const isSorted = isDown || sort === name
  const Arrow = isDown ? ArrowDown : ArrowUp
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (isDown ? 'descending' : 'ascending') : 'none'}
      className={clsx(headerClass, align, look?.className)}
    >
      <button
        type="button"
        onClick={() => onSort(sort === name ? `-${name}` : name)}
        className={clsx(
          'group/sort -mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 hover:text-ink',
          isSorted && 'text-ink',
        )}
      >
        {children}
        <Arrow
          aria-hidden="true"
          className={clsx('size-3', !isSorted && 'opacity-0 group-hover/sort:opacity-60')}
        />
      </button>
    </th>
  )
}

/** The table that is coming: as many rows as it will likely have. */
export function TableSkeleton({ rows = 10, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label}>
      <div className="h-8 bg-sunken" />
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex h-9 items-center gap-8 border-t border-line px-4">
          <Skeleton className="h-3.5 w-20" />
          <Skeleton className="h-3.5 w-40" />
          <Skeleton className="hidden h-3.5 w-32 sm:block" />
          <Skeleton className="ms-auto hidden h-3.5 w-24 sm:block" />
          <Skeleton className="hidden h-3.5 w-16 md:block" />
        </div>
      ))}
    </div>
  )
}
