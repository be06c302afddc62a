import type { WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { useQuery } from '@tanstack/react-query'
import { Plus, Webhook } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { DeleteWebhookDialog } from './delete-webhook-dialog.tsx'
import { FollowersPanel } from './followers-panel.tsx'
import { NewWebhookDialog } from './new-webhook-dialog.tsx'
import { WebhookRow } from './webhook-row.tsx'
import { followerOf, followersQuery, webhooksQuery } from './webhook-queries.ts'

/** Where the record is sent on to, and whether it arrives. */
export function WebhooksPage() {
  const { t } = useTranslation()
  const [isAdding, setAdding] = useState(false)
  const [deleting, setDeleting] = useState<WebhookView>()
  const refusal = usePermissionRefusal('webhook:manage')
  const query = useQuery(webhooksQuery)
  const followers = useQuery(followersQuery).data?.items
  const add = (
    <Button
      shape="primary"
      refusal={refusal}
      icon={<Plus aria-hidden="true" className="size-4" />}
      onClick={() => setAdding(true)}
    >
      {t('webhooks.add.action')}
    </Button>
  )
  return (
    <Page name={t('webhooks.title')} note={t('webhooks.note')} actions={add}>
      <Panel flush>
        <QueryList
          query={query}
          failed={t('webhooks.failed')}
          skeletonRows={3}
          empty={
            <Empty
              icon={<Webhook aria-hidden="true" />}
              title={t('webhooks.empty.title')}
              actions={add}
            >
              {t('webhooks.empty.text')}
            </Empty>
          }
        >
          {(rows) => (
            <ul aria-label={t('webhooks.title')} className="divide-y divide-line text-13">
              {rows.map((webhook) => (
                <WebhookRow
                  key={webhook.webhookId}
                  webhook={webhook}
                  why={followerOf(webhook, followers)?.lastFailure?.sentence}
                  onDelete={() => setDeleting(webhook)}
                />
              ))}
            </ul>
          )}
        </QueryList>
      </Panel>
      <FollowersPanel />
      {isAdding && <NewWebhookDialog onClose={() => setAdding(false)} />}
      {deleting !== undefined && (
        <DeleteWebhookDialog webhook={deleting} onClose={() => setDeleting(undefined)} />
      )}
    </Page>
  )
}
