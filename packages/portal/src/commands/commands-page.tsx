import { getRouteApi, Link } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { Send } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import { CampaignList } from '../campaigns/campaign-list.tsx'
import { CommandComposer } from './command-composer.tsx'
import { CommandList } from './command-list.tsx'

const route = getRouteApi('/signed-in/commands')

const TABS = [
  { name: 'commands', search: {} },
  { name: 'campaigns', search: { tab: 'campaigns' } },
] as const

/** What devices were told, what they made of it, and what waits for them. */
export function CommandsPage() {
  const { t } = useTranslation()
  const { tab = 'commands', compose } = route.useSearch()
  const navigate = route.useNavigate()
  const [isComposing, setComposing] = useState(false)
  const refusal = usePermissionRefusal('command:send')
  // The address no longer asks for the form, so that reading the page again does not open it.
  const close = () => {
    setComposing(false)
    if (compose !== undefined)
      void navigate({ search: tab === 'campaigns' ? { tab } : {}, replace: true })
  }
  return (
    <Page
      name={t('commands.title')}
      note={t('commands.note')}
      actions={
        <Button
          shape="primary"
          refusal={refusal}
          icon={<Send aria-hidden="true" className="size-3.5" />}
          onClick={() => setComposing(true)}
        >
          {t('commands.compose.action')}
        </Button>
      }
    >
      <nav aria-label={t('commands.tabs')} className="flex gap-1 border-b border-line">
        {TABS.map(({ name, search }) => (
          <Link
            key={name}
            to="/commands"
            search={search}
            aria-current={tab === name ? 'page' : undefined}
            className={clsx(
              '-mb-px border-b-2 px-3 py-2 text-13 font-medium',
              tab === name
                ? 'border-accent text-ink'
                : 'border-transparent text-muted hover:text-ink',
            )}
          >
            {t(`commands.tab.${name}`)}
          </Link>
        ))}
      </nav>
      {tab === 'campaigns' ? <CampaignList /> : <CommandList />}
      {(isComposing || (compose !== undefined && refusal === undefined)) && (
        <CommandComposer {...(compose !== undefined && { group: compose })} onClose={close} />
      )}
    </Page>
  )
}
