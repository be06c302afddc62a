import { useTranslation } from 'react-i18next'
import { GroupsPanel } from '../policies/groups-panel.tsx'
import { Page } from '../ui/page.tsx'

/** Programmes, regions, centres, with how many devices each has. */
export function GroupsPage() {
  const { t } = useTranslation()
  return (
    <Page name={t('groups.title')} note={t('groups.note')}>
      <GroupsPanel />
    </Page>
  )
}
