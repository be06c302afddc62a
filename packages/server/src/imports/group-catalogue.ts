import type { Database } from '../platform/database.ts'
import '../groups/group-tables.ts'
import { Explanations, explainUnknownGroup } from './unknown-names.ts'

/** All groups by name, held in memory while a file is read. */
export class GroupCatalogue {
  readonly #groups: ReadonlyMap<string, string>
  readonly #unknown = new Explanations()

  private constructor(groups: ReadonlyMap<string, string>) {
    this.#groups = groups
  }

  static async load(database: Database): Promise<GroupCatalogue> {
    const rows = await database.selectFrom('device_group').select(['name', 'group_id']).execute()
    return new GroupCatalogue(new Map(rows.map(({ name, group_id: groupId }) => [name, groupId])))
  }

  find(name: string): string | undefined {
    return this.#groups.get(name.normalize('NFC'))
  }

  /** `No group ‘Nord’; known: ‘North’, ‘South’.` */
  explainUnknown(name: string): string | undefined {
    return this.#unknown.explain(name, () => explainUnknownGroup(name, [...this.#groups.keys()]))
  }
}
