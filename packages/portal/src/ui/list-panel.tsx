import type { RowData } from '@tanstack/react-table'
import { DataTable, type DataTableProps } from './data-table.tsx'
import { Panel } from './panel.tsx'
import { QueryList, type QueryListProps } from './query-list.tsx'

interface ListPanelProps<Row extends RowData>
  extends Omit<DataTableProps<Row>, 'rows'>, Omit<QueryListProps<Row>, 'children'> {}

/** A list from the server as a table in a panel of its own. */
export function ListPanel<Row extends RowData>(props: ListPanelProps<Row>) {
  const { query, failed, empty, skeletonRows, pages, ...table } = props
  return (
    <Panel flush>
      <QueryList
        query={query}
        failed={failed}
        empty={empty}
        {...(skeletonRows !== undefined && { skeletonRows })}
        {...(pages !== undefined && { pages })}
      >
        {(rows) => <DataTable {...table} rows={rows} />}
      </QueryList>
    </Panel>
  )
}
