import './styles.css'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { DirectionProvider } from '@base-ui/react/direction-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { initialiseLanguage } from './i18n/i18n.ts'
import { makeQueryClient } from './api/query-client.ts'
import { makeRouter } from './router.tsx'
import { Notices } from './ui/notices.tsx'

await initialiseLanguage()

const queryClient = makeQueryClient()
const router = makeRouter(queryClient)
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')

const direction = document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr'

createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <DirectionProvider direction={direction}>
        <Tooltip.Provider delay={350}>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
            <Notices />
          </QueryClientProvider>
        </Tooltip.Provider>
      </DirectionProvider>
    </CSPProvider>
  </StrictMode>,
)
